// The colours of everything that means something: experts, modalities, values. One expert has one
// colour in every view, run and export.
#pragma once

#include <QColor>
#include <cstdint>

namespace limoe::gui {

/// Colour of an expert. Up to 10 experts: Petroff's ten-colour sequence (arXiv 2107.02270), made
/// for colour-blind readers. More: the same hues at distinct lightness; numbers or hatches then
/// tell them apart besides.
QColor expertColor(int64_t expert, int64_t experts);

/// `a` with a part of `b` (0 … 1), channel by channel, opaque.
QColor mixed(const QColor& a, const QColor& b, double part_of_b);

/// Black or white, whichever reads better on `background` (WCAG relative luminance).
QColor textColorOn(const QColor& background);

/// Fixed colours of the two modalities (probe::kImage, probe::kText); none is an expert's.
QColor modalityColor(int modality);

/// viridis at t in 0 … 1 (clamped).
QColor viridis(double t);

}  // namespace limoe::gui
