#include "gui/inspect/layer_view_notes.h"

#include <QCoreApplication>

namespace limoe::gui {
namespace {

QString tr(const char* text) {
  return QCoreApplication::translate("LayerView", text);
}

QString modalityWord(std::optional<int> modality) {
  return !modality                    ? tr("image and text tokens")
         : *modality == probe::kImage ? tr("image tokens")
                                      : tr("text tokens");
}

QString kindWord(MapKind kind) {
  return kind == MapKind::Labels   ? tr("label")
         : kind == MapKind::Pieces ? tr("word piece")
                                   : tr("caption word");
}

QString kindTokens(MapKind kind) {
  return kind == MapKind::Labels   ? tr("patches")
         : kind == MapKind::Pieces ? tr("text tokens")
                                   : tr("patches of images with the word in their caption");
}

}  // namespace

QString filterNote(const TokenFilter& filter, const probe::Layout& layout) {
  return filter.isEmpty() ? QString() : tr("Only %1. ").arg(inWords(filter, layout));
}

QString kindNote(const RunData& run, const TokenFilter& filter, const KindMap& shown, MapKind kind,
                 CellValue value, ColumnOrder order) {
  const QString cell =
      value == CellValue::Share
          ? tr("Cell: per cent of the %1 of a column that the expert takes.").arg(kindTokens(kind))
      : value == CellValue::Lift
          ? tr("Cell: how many times as often as by chance the expert takes the %1 of a column.")
                .arg(kindTokens(kind))
          : tr("Cell: number of %1 of a column that the expert takes.").arg(kindTokens(kind));
  const QString sorted = order == ColumnOrder::Count ? tr("most frequent first")
                         : order == ColumnOrder::Expert
                             ? tr("by the expert that takes most, largest share first")
                             : tr("by name");
  const QString columns = shown.kinds.size() < shown.occurring
                              ? tr("Columns: the %1 most frequent of %2 %3s, %4.")
                                    .arg(shown.kinds.size())
                                    .arg(shown.occurring)
                                    .arg(kindWord(kind), sorted)
                              : tr("Columns: %1s, %2.").arg(kindWord(kind), sorted);
  return filterNote(filter, run.layout) + tr("Counted: %1. ").arg(countingRule(run)) + cell +
         QLatin1Char(' ') + columns;
}

QString flowNote(const RunData& run, const ExpertFlow& flow, std::optional<int> modality,
                 CellValue value) {
  const QString cell =
      value == CellValue::Share  ? tr("Cell: per cent of the row expert’s tokens that go there.")
      : value == CellValue::Lift ? tr("Cell: how many times as often as by chance they go there.")
                                 : tr("Cell: number of tokens.");
  return filterNote(flow.filter, run.layout) +
         tr("Counted: %1 kept as first choice in both layers, over %2 probe samples, evaluation "
            "routing. Rows: experts of this layer; columns: of %3. %4")
             .arg(modalityWord(modality))
             .arg(run.layout.samples)
             .arg(layerTitle(run, flow.layer + 1), cell);
}

QString coactivationNote(const RunData& run, const Coactivation& found, std::optional<int> modality,
                         CellValue value) {
  const QString cell =
      value == CellValue::Count
          ? tr("Cell: tokens that choose both experts.")
          : tr("Cell: per cent of the tokens that choose the row’s expert which choose the "
               "column’s, too.");
  return filterNote(found.filter, run.layout) +
         tr("Counted: the %1 choices of %2, kept or not, over %3 probe samples, evaluation "
            "routing. %4")
             .arg(run.layout.top_k)
             .arg(modalityWord(modality))
             .arg(run.layout.samples)
             .arg(cell);
}

QString measuresNote(const RunData& run, const TokenFilter& filter) {
  return filterNote(filter, run.layout) +
         tr("Counted: %1; entropies over all tokens. Information and entropies in nats. Point at "
            "a row for its definition.")
             .arg(countingRule(run));
}

QString noKinds(const LayerDigest& digest, const probe::Layout& layout, MapKind kind) {
  const int modality = kind == MapKind::Pieces ? probe::kText : probe::kImage;
  const auto m = static_cast<std::size_t>(modality);
  if (kind == MapKind::Labels && layout.label_names.empty()) {
    return tr(
        "This recording’s patches have no labels. Word pieces and caption words can be "
        "chosen above.");
  }
  const QString tokens = modality == probe::kImage ? tr("patches") : tr("text tokens");
  if (digest.tokens[m] == 0) {
    return digest.filter.isEmpty() ? tr("This layer routes no %1.").arg(tokens)
                                   : tr("No %1 match the filter.").arg(tokens);
  }
  return digest.kept[m] == 0 ? tr("None of these %1 were kept.").arg(tokens)
                             : tr("None of these %1 have a %2.").arg(tokens, kindWord(kind));
}

QString noFlow(const RunData& run, int64_t layer) {
  return layer + 1 < run.layout.layers
             ? tr("This is the last MoE layer of the image tower: its tokens do not go on to the "
                  "text tower.")
             : tr("This is the last MoE layer: its tokens go to no other experts.");
}

}  // namespace limoe::gui
