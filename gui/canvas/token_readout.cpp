#include "gui/canvas/token_readout.h"

#include <algorithm>

#include "gui/canvas/flip_counts.h"
#include "gui/charts/expert_counts.h"
#include "gui/view/expert_title.h"
#include "gui/view/token_place.h"
#include "routing_probe/recording/recording.h"

namespace limoe::gui {
namespace {

QString tr(const char* text) {
  return QString::fromUtf8(text);
}

QString titleOf(const RunData& run, const probe::ProbeSet& probe, const TokenRef& token) {
  const probe::Layout& layout = run.layout;
  const QString place = placeInWords(layout, token);
  if (token.modality == probe::kImage) {
    return place;
  }
  QString piece = QString::fromStdString(probe.pieces[static_cast<std::size_t>(token.position)]);
  piece.remove(QChar(0x2581));
  return tr("%1 “%2”").arg(place, piece);
}

void addLabel(TokenReadout& readout, const RunData& run, const probe::ProbeSet& probe,
              const TokenRef& token) {
  if (token.modality != probe::kImage || probe.labels.empty()) {
    return;
  }
  const uint16_t label = probe.labels[static_cast<std::size_t>(token.position)];
  const bool known = label < run.layout.label_names.size();
  readout.lines.append(
      {tr("Label"), known ? QString::fromStdString(run.layout.label_names[label]) : tr("none")});
}

QString titleOfExpert(const ViewState* state, int64_t layer, int64_t expert) {
  if (expert == probe::kNoExpert) {
    return tr("none");
  }
  return state ? expertTitle(*state, layer, expert) : tr("e%1").arg(expert);
}

void addRouting(TokenReadout& readout, const RunData& run, const WallSample& sample,
                const TokenRef& token, const ViewState* state) {
  const probe::Layout& layout = run.layout;
  const probe::LayerSlice& slice = *sample.slice;
  const bool image = token.modality == probe::kImage;
  const probe::Decisions& decisions = image ? slice.image : slice.text;
  const auto at = static_cast<std::size_t>(token.position);
  const auto choices = static_cast<std::size_t>(layout.top_k);
  if (decisions.expert[at * choices] == probe::kNoExpert) {
    readout.lines.append({tr("Expert"), tr("not routed in this layer")});
    return;
  }
  readout.expert = decisions.expert[at * choices];
  for (std::size_t k = 0; k < choices; ++k) {
    const std::size_t choice = at * choices + k;
    const QString name =
        choices == 1 ? tr("Expert") : tr("Choice %1 of %2").arg(k + 1).arg(choices);
    const QString expert = titleOfExpert(state, sample.layer, decisions.expert[choice]);
    const QString kept = decisions.kept[choice] != 0 ? tr("kept") : tr("dropped: expert full");
    readout.lines.append(
        {name, hasGates(decisions)
                   ? tr("%1 · gate %2 · %3")
                         .arg(expert, gateDigits(static_cast<double>(decisions.gate[choice])), kept)
                   : tr("%1 · %2").arg(expert, kept)});
  }
  if (!hasGates(decisions)) {
    return;
  }
  if (decisions.runner_up[at] != probe::kNoExpert) {
    const double margin = static_cast<double>(decisions.margin[at]);
    // Both were rounded to halves: a runner-up near 0 must not turn negative.
    const double last_gate = static_cast<double>(decisions.gate[at * choices + choices - 1]);
    readout.lines.append(
        {tr("Runner-up"),
         tr("%1 · probability %2 · margin %3")
             .arg(titleOfExpert(state, sample.layer, decisions.runner_up[at]),
                  gateDigits(std::max(0.0, last_gate - margin)), gateDigits(margin))});
  }
  if (!slice.order.empty()) {
    const int64_t queue = (image ? 0 : layout.patches()) + token.position;
    readout.lines.append(
        {tr("Queue"),
         tr("place %1 in its group").arg(slice.order[static_cast<std::size_t>(queue)] + 1)});
  }
}

}  // namespace

QString layerName(const RunData& run, int64_t layer) {
  const auto layers = static_cast<int64_t>(run.layout.blocks.size());
  if (layer < 0 || layer >= layers) {
    return {};
  }
  const QString block = tr("block %1").arg(run.layout.blocks[static_cast<std::size_t>(layer)]);
  if (run.config.model.towers == model::Towers::One) {
    return block;
  }
  return (isTextTower(run, layer) ? tr("text ") : tr("image ")) + block;
}

QString layerPlace(const RunData& run, int64_t layer) {
  return tr("MoE layer %1 of %2 · %3")
      .arg(layer + 1)
      .arg(run.layout.layers)
      .arg(layerName(run, layer));
}

QString gateDigits(double value) {
  if (value > 0 && value < 0.001) {
    return tr("< 0.001");
  }
  return QString::number(value, 'f', 3);
}

TokenReadout describeToken(const RunData& run, const WallSample& sample, const TokenRef& token,
                           const ViewState* state) {
  TokenReadout readout;
  readout.title = titleOf(run, *sample.probe, token);
  addLabel(readout, run, *sample.probe, token);
  if (sample.slice) {
    readout.lines.append(
        {tr("Layer"), tr("%1 · step %2").arg(layerPlace(run, sample.layer)).arg(sample.step)});
    addRouting(readout, run, sample, token, state);
  }
  if (sample.flips && readout.expert >= 0) {
    const auto& flips = token.modality == probe::kImage ? sample.flips->image : sample.flips->text;
    readout.lines.append({tr("Flips"), tr("first choice changed %1 times up to step %2")
                                           .arg(flips[static_cast<std::size_t>(token.position)])
                                           .arg(sample.flips_step)});
  }
  readout.lines.append({tr("Source"), QString::fromStdString(sample.probe->sources.front())});
  return readout;
}

}  // namespace limoe::gui
