// What the canvas draws besides the wall: frames around tokens, the read-out at the pointer, and
// the text of a canvas without a run.
#pragma once

#include <QRectF>
#include <QSize>
#include <QString>
#include <vector>

#include "gui/canvas/imgui_host.h"
#include "gui/canvas/token_readout.h"

namespace limoe::gui {

/// White inside black around `rect`: seen on every picture and every expert's colour.
void drawTokenFrame(ImDrawList& list, const QRectF& rect, float thickness);

/// The read-out beside the pointer, towards the middle of a canvas of that size.
void drawReadout(const TokenReadout& readout, int64_t experts, const QPointF& pointer,
                 const QSize& canvas);

struct Notice {
  QString headline;
  std::vector<QString> lines;
};
/// In the middle of a canvas of that size.
void drawNotice(const ImGuiHost& host, const Notice& notice, const QSize& canvas);

}  // namespace limoe::gui
