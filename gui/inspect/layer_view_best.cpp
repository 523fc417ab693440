#include "gui/inspect/layer_view_best.h"

#include <QCoreApplication>
#include <algorithm>
#include <vector>

#include "gui/canvas/token_readout.h"
#include "gui/view/expert_title.h"
#include "gui/view/number_text.h"

namespace limoe::gui {
namespace {

QString tr(const char* text) {
  return QCoreApplication::translate("LayerView", text);
}

double shareOf(const LayerBest& best) {
  return best.of == 0 ? 0 : static_cast<double>(best.count) / static_cast<double>(best.of);
}

}  // namespace

QString BestExperts::inWords(const RunData& run, const LayerDigest& shown, MapKind kind,
                             const QStringList& titles) {
  if (!asked_.stamp.holdsIn(run) || asked_.snapshot != shown.snapshot ||
      asked_.filter != shown.filter || asked_.kind != kind || asked_.titles != titles) {
    known_.clear();
  }
  asked_ = {DecisionsStamp(run), shown.snapshot, shown.filter, kind, titles};
  if (!known_.contains(shown.layer)) {
    known_[shown.layer] = bestExpert(shown, run.layout, kind, titles);
  }
  lookForOthers(run);
  std::vector<std::pair<int64_t, LayerBest>> bests;
  for (const auto& [layer, best] : known_) {
    if (best.of > 0) {  // the layers of the other tower have none of it
      bests.emplace_back(layer, best);
    }
  }
  std::ranges::stable_sort(
      bests, [](const auto& a, const auto& b) { return shareOf(a.second) > shareOf(b.second); });
  QStringList parts;
  for (const auto& [layer, best] : bests) {
    parts << tr("%1 %2 %3")
                 .arg(layerName(run, layer), expertTitle(state_, layer, best.expert),
                      percentText(shareOf(best)));
  }
  for (int64_t layer = 0; layer < run.layout.layers; ++layer) {
    if (!known_.contains(layer)) {
      const Standing::Kind now =
          digests_.standing(Digests::question(asked_.snapshot, layer, asked_.filter)).kind;
      const bool ended = now == Standing::Kind::Stopped || now == Standing::Kind::Failed;
      parts << (ended ? tr("%1 not counted") : tr("%1 …")).arg(layerName(run, layer));
    }
  }
  return tr("Takes most of it: %1").arg(parts.join(QStringLiteral("; ")));
}

/// One at a time: a new question would push the one before aside.
void BestExperts::lookForOthers(const RunData& run) {
  wanted_.reset();
  for (int64_t layer = 0; layer < run.layout.layers; ++layer) {
    const Question question = Digests::question(asked_.snapshot, layer, asked_.filter);
    if (known_.contains(layer) ||
        (wanted_ && digests_.standing(question).kind != Standing::Kind::Made)) {
      continue;
    }
    if (const auto digest = digests_.answer(question)) {
      known_[layer] = bestExpert(*digest, run.layout, asked_.kind, asked_.titles);
    } else {
      wanted_ = question;
    }
  }
}

}  // namespace limoe::gui
