// What the canvas draws besides the wall: frames around tokens, the read-out at the pointer, and
// the text of a canvas without a run.
#pragma once

#include <QColor>
#include <QRectF>
#include <QSize>
#include <QString>
#include <vector>

#include "gui/canvas/imgui_host.h"
#include "gui/canvas/token_readout.h"

namespace limoe::gui {

/// White inside black around `rect`: seen on every picture and every expert's colour.
void drawTokenFrame(ImDrawList& list, const QRectF& rect, float thickness);

struct TitleColors {
  QColor ink, accent, on_accent;
};
/// A title (and a quieter note after it where there is room) in `rect`, on the accent's colour
/// where it is the current one.
void drawTitle(ImDrawList& list, const ImGuiHost& host, const QRectF& rect, const QString& title,
               const QString& note, bool current, const TitleColors& colors);

/// A line around an image.
void drawOutline(ImDrawList& list, const QRectF& rect, const QColor& color);

/// The read-out beside the pointer, towards the middle of a canvas of that size.
/// `color`: of the token's expert.
void drawReadout(const TokenReadout& readout, const QColor& color, const QPointF& pointer,
                 const QSize& canvas);

struct Notice {
  QString headline;
  std::vector<QString> lines;
};
/// In the middle of a canvas of that size. Returns the height below its last line.
float drawNotice(const ImGuiHost& host, const Notice& notice, const QSize& canvas);
/// A button in the middle at that height; whether it was clicked.
bool drawNoticeButton(const char* label, const char* tooltip, float top, const QSize& canvas);

}  // namespace limoe::gui
