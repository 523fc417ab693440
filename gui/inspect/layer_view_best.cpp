#include "gui/inspect/layer_view_best.h"

#include <QCoreApplication>
#include <algorithm>
#include <vector>

#include "gui/canvas/token_readout.h"
#include "gui/charts/expert_counts.h"
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
  const bool same_walks = asked_.stamp.holdsIn(run) && asked_.snapshot == shown.snapshot &&
                          asked_.filter == shown.filter;
  if (!same_walks && wanted_) {
    digests_.drop(*wanted_);
  }
  if (!same_walks || asked_.kind != kind || asked_.titles != titles) {
    known_.clear();
  }
  asked_ = {DecisionsStamp(run), shown.snapshot, shown.filter, kind, titles};
  if (!known_.contains(shown.layer)) {
    known_[shown.layer] = bestExpert(shown, run.layout, kind, titles);
  }
  // Of a filter by expert, drops or gates every layer lets other tokens through.
  const bool comparable = !shown.filter.needsRouting();
  wanted_.reset();
  if (comparable) {
    lookForOthers(run);
  }
  std::vector<std::pair<int64_t, LayerBest>> bests;
  for (const auto& [layer, best] : known_) {
    if (comparable || layer == shown.layer) {
      bests.emplace_back(layer, best);
    }
  }
  std::ranges::stable_sort(
      bests, [](const auto& a, const auto& b) { return shareOf(a.second) > shareOf(b.second); });
  QStringList parts;
  for (const auto& [layer, best] : bests) {
    parts << bestInWords(run, layer, best);
  }
  const Standing::Kind now = wanted_ ? digests_.standing(*wanted_).kind : Standing::Kind::Made;
  const bool ended = now == Standing::Kind::Stopped || now == Standing::Kind::Failed;
  for (int64_t layer = 0; comparable && layer < run.layout.layers; ++layer) {
    if (!known_.contains(layer) && isRouted(run, layer)) {
      parts << (ended ? tr("%1 not counted") : tr("%1 …")).arg(layerName(run, layer));
    }
  }
  return tr("Takes most of it: %1").arg(parts.join(QStringLiteral("; ")));
}

/// "block 3 e0 57 % (8 of 14)"; of equal experts all.
QString BestExperts::bestInWords(const RunData& run, int64_t layer, const LayerBest& best) const {
  if (best.expert < 0) {
    return tr("%1 none kept").arg(layerName(run, layer));
  }
  QStringList experts{expertTitle(state_, layer, best.expert)};
  for (const int64_t equal : best.equals) {
    experts << expertTitle(state_, layer, equal);
  }
  return tr("%1 %2 %3 (%4 of %5)")
      .arg(layerName(run, layer), experts.join(QStringLiteral(" = ")), percentText(shareOf(best)),
           countText(best.count), countText(best.of));
}

/// Whether the layer has tokens of the kind at all: a layer of one tower has none of the other's.
bool BestExperts::isRouted(const RunData& run, int64_t layer) const {
  return towerName(run, layer).isEmpty() ||
         isTextTower(run, layer) == (asked_.kind == MapKind::Pieces);
}

/// One at a time: a new question would push the one before aside.
void BestExperts::lookForOthers(const RunData& run) {
  for (int64_t layer = 0; layer < run.layout.layers; ++layer) {
    const Question question = Digests::question(asked_.snapshot, layer, asked_.filter);
    if (known_.contains(layer) || !isRouted(run, layer) ||
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
