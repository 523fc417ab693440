#include "gui/compare/disagreement.h"

#include <algorithm>

#include "gui/canvas/canvas_scene.h"
#include "gui/canvas/imgui_wall_pen.h"
#include "gui/compare/compare_canvas.h"

namespace limoe::gui {
namespace {

constexpr double kFaintest = 0.5;  ///< where one of many differs
constexpr double kStrongest = 0.85;

uint16_t choiceOf(const ChoiceTable& table, int modality, int64_t sample, int64_t position) {
  const bool image = modality == probe::kImage;
  const int64_t each = image ? table.patches : table.text_length;
  if (sample >= table.samples || position >= each) {
    return probe::kNoExpert;
  }
  return (image ? table.image : table.text)[static_cast<std::size_t>(sample * each + position)];
}

ImVec2 point(const QPointF& at) {
  return {static_cast<float>(at.x()), static_cast<float>(at.y())};
}

QColor colorOf(int differing, int most, const QColor& background) {
  if (differing == DisagreementMap::kNotCounted) {
    return QColor(128, 128, 128, 130);
  }
  if (differing == 0) {
    return CompareCanvas::agreesColor(background);
  }
  QColor color = CompareCanvas::differsColor();
  const double part = most > 1 ? static_cast<double>(differing - 1) / (most - 1) : 1;
  color.setAlphaF(static_cast<float>(kFaintest + (kStrongest - kFaintest) * part));
  return color;
}

}  // namespace

DisagreementMap::DisagreementMap(const CompareRuns& runs, std::size_t column) {
  for (std::size_t c = 1; c < runs.count(); ++c) {
    const CompareColumn& run = runs.column(c);
    if ((column != 0 && c != column) || !run.match || !run.matched || !run.reference_table) {
      continue;
    }
    Run& added = runs_.emplace_back(Run{run.matched.get(), &run.comparable, {}});
    added.stands_for.assign(static_cast<std::size_t>(run.matched->experts), -1);
    for (const ExpertPair& pair : run.match->experts.pairs) {
      added.stands_for[static_cast<std::size_t>(pair.b)] = pair.a;
    }
    reference_ = run.reference_table.get();
  }
}

int DisagreementMap::differing(int modality, int64_t sample, int64_t position) const {
  const uint16_t own = choiceOf(*reference_, modality, sample, position);
  if (own == probe::kNoExpert) {
    return kNotCounted;
  }
  int differing = 0;
  bool counted = false;
  for (const Run& run : runs_) {
    const auto& texts = run.comparable->texts;
    const bool comparable = modality == probe::kImage
                                ? run.comparable->patches
                                : texts.empty() || (sample < std::ssize(texts) &&
                                                    texts[static_cast<std::size_t>(sample)]);
    const uint16_t theirs = choiceOf(*run.table, modality, sample, position);
    if (!comparable || theirs >= run.stands_for.size()) {
      continue;
    }
    counted = true;
    differing += run.stands_for[theirs] == own ? 0 : 1;
  }
  return counted ? differing : kNotCounted;
}

void drawDisagreement(ImDrawList& list, const CanvasScene& scene, const DisagreementMap& map,
                      const QColor& background) {
  const WallGeometry wall = scene.geometry();
  const WallView& view = scene.camera().view();
  const QRectF area = scene.area();
  const probe::Layout& layout = scene.run().layout;
  const auto [first, last] = wall.slotsIn(view.toWall(area));
  list.PushClipRect(point(area.topLeft()), point(area.bottomRight()));
  for (int64_t slot = first; slot < last; ++slot) {
    const int64_t sample = scene.views().at(slot).sample;
    for (int64_t row = 0; row < layout.patch_rows; ++row) {
      const int64_t begin = row * layout.patch_columns;
      const int64_t end = begin + layout.patch_columns;
      for (int64_t patch = begin; patch < end;) {  // neighbours of one kind as one rectangle
        const int kind = map.differing(probe::kImage, sample, patch);
        int64_t to = patch;
        while (to + 1 < end && map.differing(probe::kImage, sample, to + 1) == kind) {
          ++to;
        }
        const QRectF rect =
            view.toScreen(wall.patchRect(slot, patch).united(wall.patchRect(slot, to)));
        list.AddRectFilled(point(rect.topLeft()), point(rect.bottomRight()),
                           toImColor(colorOf(kind, map.most(), background).rgba()));
        patch = to + 1;
      }
    }
    if (const Caption* caption = scene.captionOf(slot)) {
      for (const CaptionWord& word : caption->words) {
        if (map.differing(probe::kText, sample, word.position) > 0) {
          const QRectF rect = view.toScreen(word.rect.translated(wall.captionRect(slot).topLeft()));
          list.AddRect(point(rect.topLeft()), point(rect.bottomRight()),
                       toImColor(CompareCanvas::differsColor().rgba()), 2, 0, 2);
        }
      }
    }
  }
  list.PopClipRect();
}

}  // namespace limoe::gui
