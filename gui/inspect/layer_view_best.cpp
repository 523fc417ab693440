#include "gui/inspect/layer_view_best.h"

#include <QCoreApplication>
#include <algorithm>
#include <cmath>

#include "gui/canvas/token_readout.h"
#include "gui/charts/expert_counts.h"
#include "gui/view/expert_title.h"
#include "gui/view/number_text.h"

namespace limoe::gui {
namespace {

QString tr(const char* text) {
  return QCoreApplication::translate("LayerView", text);
}

/// Width of an interval that needs no saying.
constexpr double kSharp = 0.1;

double shareOf(const LayerBest& best) {
  return best.of == 0 ? 0 : static_cast<double>(best.count) / static_cast<double>(best.of);
}

}  // namespace

void BestExperts::forget() {
  asked_ = {};
  kinds_.clear();
  known_.clear();
  wanted_.reset();
}

std::vector<BestExperts::Part> BestExperts::ofColumn(const RunData& run, const LayerDigest& shown,
                                                     const KindNames& names) {
  const bool same_walks = asked_.stamp.holdsIn(run) && asked_.snapshot == shown.snapshot &&
                          asked_.filter == shown.filter;
  if (!same_walks) {
    if (wanted_) {
      digests_.drop(*wanted_);
    }
    forget();
  }
  if (asked_.names != names) {
    known_.clear();
  }
  asked_ = {DecisionsStamp(run), shown.snapshot, shown.filter, names};
  if (!kinds_.contains(shown.layer)) {
    kinds_[shown.layer] = kindsAlone(shown);
  }
  // Of a filter by expert, drops or gates every layer lets other tokens through.
  const bool comparable = !shown.filter.needsRouting();
  wanted_.reset();
  if (comparable) {
    lookForOthers(run);
  }
  std::vector<std::pair<int64_t, LayerBest>> bests;
  for (const auto& [layer, kinds] : kinds_) {
    if (comparable || layer == shown.layer) {
      if (!known_.contains(layer)) {
        known_[layer] = bestExpert(*kinds, names);
      }
      bests.emplace_back(layer, known_[layer]);
    }
  }
  std::ranges::stable_sort(
      bests, [](const auto& a, const auto& b) { return shareOf(a.second) > shareOf(b.second); });
  std::vector<Part> parts;
  for (const auto& [layer, best] : bests) {
    parts.push_back({bestInWords(run, layer, best), layer, best.expert});
  }
  const Standing::Kind now = wanted_ ? digests_.standing(*wanted_).kind : Standing::Kind::Made;
  const bool ended = now == Standing::Kind::Stopped || now == Standing::Kind::Failed;
  for (int64_t layer = 0; comparable && layer < run.layout.layers; ++layer) {
    if (!kinds_.contains(layer) && isRouted(run, layer)) {
      parts.push_back(
          {(ended ? tr("%1 not counted") : tr("%1 …")).arg(layerName(run, layer)), layer, -1});
    }
  }
  return parts;
}

/// Of equal experts all.
QString BestExperts::bestInWords(const RunData& run, int64_t layer, const LayerBest& best) const {
  if (best.expert < 0) {
    return tr("%1 none kept").arg(layerName(run, layer));
  }
  QStringList experts{expertTitle(state_, layer, best.expert)};
  for (const int64_t equal : best.equals) {
    experts << expertTitle(state_, layer, equal);
  }
  const auto [least, most] = wilsonInterval(best.count, best.of);
  const QString interval =
      most - least < kSharp ? QString()
                            : tr("; %1–%2").arg(std::lround(100 * least)).arg(percentText(most, 0));
  QString words =
      tr("%1 %2 %3 (%4 of %5%6)")
          .arg(layerName(run, layer), experts.join(QStringLiteral(" = ")),
               percentText(shareOf(best)), countText(best.count), countText(best.of), interval);
  if (best.equals.empty() && std::isfinite(best.times_chance)) {
    words += tr(" %1× chance").arg(best.times_chance, 0, 'f', 1);
  }
  return words;
}

/// Whether the layer has tokens of the kind at all: a layer of one tower has none of the other's.
bool BestExperts::isRouted(const RunData& run, int64_t layer) const {
  return towerName(run, layer).isEmpty() ||
         isTextTower(run, layer) == (asked_.names.kind == MapKind::Pieces);
}

/// One at a time: a new question would push the one before aside.
void BestExperts::lookForOthers(const RunData& run) {
  for (int64_t layer = 0; layer < run.layout.layers; ++layer) {
    const Question question = Digests::question(asked_.snapshot, layer, asked_.filter);
    if (kinds_.contains(layer) || !isRouted(run, layer) ||
        (wanted_ && digests_.standing(question).kind != Standing::Kind::Made)) {
      continue;
    }
    if (const auto digest = digests_.answer(question)) {
      kinds_[layer] = kindsAlone(*digest);
    } else {
      wanted_ = question;
    }
  }
}

QString bestDefinition() {
  return tr(
      "The expert that takes the largest part of this column’s kept tokens, in each MoE layer. "
      "Where "
      "they are few, the 95 % interval of that share (Wilson’s, as if they were drawn at random) "
      "follows the counts. × chance: its share of these tokens / its share of all tokens of the "
      "kind. Click one, or Tab and Enter: goes to that layer and selects that expert.");
}

}  // namespace limoe::gui
