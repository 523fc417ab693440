#include <QRegularExpression>
#include <algorithm>
#include <cmath>
#include <string>

#include "gui/canvas/token_look.h"
#include "gui/canvas/token_readout.h"
#include "gui/canvas/tool_strip.h"
#include "gui/view/expert_title.h"

namespace limoe::gui {
namespace {

constexpr float kMargin = 10;
constexpr float kPadding = 5;
constexpr float kLineSpace = 3;

QString tr(const char* text) {
  return QString::fromUtf8(text);
}

QString colourMeaning(const RunData& run, const ViewState& state) {
  if (!state.overlayVisible()) {
    return tr("overlay off");
  }
  const OverlayColor color = shownColor(state, run.layout);
  const int64_t choices = run.layout.top_k;
  QString text;
  switch (color) {
    case OverlayColor::FirstChoice:
      text = choices > 1 ? tr("colour = first of %1 choices").arg(choices)
                         : tr("colour = first choice");
      break;
    case OverlayColor::SecondChoice:
      text = tr("colour = second of %1 choices").arg(choices);
      break;
    case OverlayColor::Gate:
      text = tr("colour = gate of the first choice, 0 … 1");
      break;
    case OverlayColor::Margin:
      text = tr("colour = margin to the runner-up, 0 … 1");
      break;
    case OverlayColor::Flips:
      text = tr("colour = changes of the first choice up to this step");
      break;
  }
  if (tellsExpert(color) && state.overlayShade() == OverlayShade::Gate) {
    text += tr(", strength = gate");
  } else if (tellsExpert(color) && state.overlayShade() == OverlayShade::Margin) {
    text += tr(", strength = margin to the runner-up");
  }
  return text + (choices == 1 ? tr(" · hatched or struck = dropped")
                 : color == OverlayColor::SecondChoice
                     ? tr(" · hatched or struck = second dropped")
                     : tr(" · hatched or struck = first dropped"));
}

/// What is left out of the overlay; empty where all experts are in it.
QString leftOut(const RunData& run, const ViewState& state) {
  const auto solo = state.soloExpert();
  if (solo) {
    return tr(" · only %1 shown (S)").arg(expertTitle(state, state.layer(), *solo));
  }
  const auto hidden = std::count_if(state.hiddenExperts().begin(), state.hiddenExperts().end(),
                                    [&](int64_t expert) { return expert < run.layout.experts; });
  return hidden == 0 ? QString()
                     : tr(" · %1 hidden (H)")
                           .arg(hidden == 1 ? tr("1 expert is") : tr("%1 experts are").arg(hidden));
}

float widthOf(const QString& text) {
  return ImGui::CalcTextSize(text.toUtf8().constData()).x;
}

QString beginningIn(QString text, float room) {
  const QString dots = tr("…");
  if (widthOf(text) <= room) {
    return text;
  }
  while (!text.isEmpty() && widthOf(text + dots) > room) {
    text.chop(1);
  }
  return text + dots;
}

/// Where a line is too long its last parts are shown: what is looked at stands elsewhere, too, what
/// the colours mean nowhere else.
QString lastPartsIn(QString text, float room) {
  const QString gap = tr(" · ");
  if (widthOf(text) <= room) {
    return text;
  }
  QStringList parts = text.split(gap);
  while (parts.size() > 1 && widthOf(tr("… ") + parts.join(gap)) > room) {
    parts.removeFirst();
  }
  text = tr("… ") + parts.join(gap);
  return widthOf(text) <= room ? text : beginningIn(parts.last(), room);
}

}  // namespace

QString statusWords(const RunData& run, const ViewState& state) {
  QString words = run.name;
  const int64_t snapshot = state.snapshot();
  const bool routed = snapshot >= 0 && snapshot < static_cast<int64_t>(run.snapshot_steps.size());
  if (routed) {
    words += tr(" · step %1").arg(run.snapshot_steps[static_cast<std::size_t>(snapshot)]);
  }
  if (run.layout.layers == 0) {
    words += tr(" · dense model: nothing is routed");
  } else if (!routed) {
    words += tr(" · no routing recorded yet");
  } else {
    words +=
        tr(" · %1 · %2")
            .arg(layerPlace(run, state.layer()), colourMeaning(run, state) + leftOut(run, state));
  }
  return words;
}

float statusLineHeight(float font_pixels, const StatusTexts& texts) {
  return font_pixels + 2 * kPadding + (texts.notes.isEmpty() ? 0 : font_pixels + kLineSpace);
}

void drawStatusLine(float bottom, float width, const StatusTexts& texts) {
  const QString notes = texts.notes.join(tr(" · "));
  const float height = statusLineHeight(ImGui::GetFontSize(), texts);
  ImGui::SetNextWindowPos({0, bottom - height});
  ImGui::SetNextWindowSize({width, height});
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, {kMargin, kPadding});
  ImGui::PushStyleVar(ImGuiStyleVar_WindowMinSize, {1, 1});
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, {6, kLineSpace});
  ImGui::Begin("status", nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove |
                   ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoBringToFrontOnFocus |
                   ImGuiWindowFlags_NoNav | ImGuiWindowFlags_NoScrollWithMouse);
  const float room = width - 2 * kMargin;
  const QString shown_notes = beginningIn(notes, room);
  if (!notes.isEmpty()) {
    ImGui::TextUnformatted(shown_notes.toUtf8().constData());
  }
  const float right_width = widthOf(texts.right);
  const bool both = right_width < room / 2;
  const QString left = lastPartsIn(texts.left, both ? room - right_width - kMargin : room);
  ImGui::TextDisabled("%s", left.toUtf8().constData());
  if (both) {
    ImGui::SameLine(width - kMargin - right_width);
    ImGui::TextDisabled("%s", texts.right.toUtf8().constData());
  }
  const bool whole = both && left == texts.left && shown_notes == notes;
  if (!whole && ImGui::IsWindowHovered()) {
    const QStringList lines{notes, texts.left, texts.right};
    ImGui::SetTooltip("%s", lines.filter(QRegularExpression(".")).join('\n').toUtf8().constData());
  }
  ImGui::End();
  ImGui::PopStyleVar(3);
}

}  // namespace limoe::gui
