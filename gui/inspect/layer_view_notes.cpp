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

/// What all of them have in common comes last.
QString counted(const RunData& run) {
  return tr(" Click a cell, or press Enter on it, to select its expert. Counted: %1.")
      .arg(countingRule(run));
}

}  // namespace

QString filterNote(const TokenFilter& filter, const probe::Layout& layout) {
  return filter.isEmpty() ? QString() : tr("Only %1. ").arg(inWords(filter, layout));
}

QString kindNote(const RunData& run, const TokenFilter& filter, const KindMap& shown,
                 const std::optional<Found>& found, MapKind kind, CellValue value,
                 ColumnOrder order) {
  const QString cell =
      value == CellValue::Share
          ? tr("Cell: per cent of a column’s %1 that the expert takes.").arg(kindTokens(kind))
      : value == CellValue::Lift
          ? tr("Cell: how many times as often as by chance the expert takes a column’s %1.")
                .arg(kindTokens(kind))
          : tr("Cell: number of a column’s %1 that the expert takes.").arg(kindTokens(kind));
  const QString sorted = order == ColumnOrder::Count ? tr("most frequent first")
                         : order == ColumnOrder::Expert
                             ? tr("by the expert that takes most, largest share first")
                             : tr("by name");
  QString columns;
  if (found) {
    columns = shown.kinds.size() < found->all
                  ? tr("Columns: the %1 most frequent of %2 %3s found, %4.")
                        .arg(shown.kinds.size())
                        .arg(found->all)
                        .arg(kindWord(kind), sorted)
                  : tr("Columns: %1s found, %2.").arg(kindWord(kind), sorted);
    if (!found->missing.isEmpty()) {
      columns = tr("Not found: %1. ").arg(found->missing.join(QStringLiteral(", "))) + columns;
    }
  } else {
    columns = shown.kinds.size() < shown.occurring
                  ? tr("Columns: the %1 most frequent of %2 %3s, %4.")
                        .arg(shown.kinds.size())
                        .arg(shown.occurring)
                        .arg(kindWord(kind), sorted)
                  : tr("Columns: %1s, %2.").arg(kindWord(kind), sorted);
  }
  return filterNote(filter, run.layout) + cell + QLatin1Char(' ') + columns + counted(run);
}

QString flowNote(const RunData& run, const ExpertFlow& flow, std::optional<int> modality,
                 CellValue value) {
  const QString cell =
      value == CellValue::Share  ? tr("Cell: per cent of the row expert’s tokens that go there.")
      : value == CellValue::Lift ? tr("Cell: how many times as often as by chance they go there.")
                                 : tr("Cell: number of tokens.");
  return filterNote(flow.filter, run.layout) +
         tr("%1 Rows: experts of this layer; columns: of %2. Counted: %3 kept as first choice in "
            "both layers, over %4 probe samples, evaluation routing.")
             .arg(cell, layerTitle(run, flow.layer + 1), modalityWord(modality))
             .arg(run.layout.samples);
}

QString coactivationNote(const RunData& run, const Coactivation& found, std::optional<int> modality,
                         CellValue value) {
  const QString cell =
      value == CellValue::Count
          ? tr("Cell: tokens that choose both experts.")
          : tr("Cell: per cent of the tokens that choose the row’s expert which choose the "
               "column’s, too.");
  return filterNote(found.filter, run.layout) +
         tr("%1 Counted: the %2 choices of %3, kept or not, over %4 probe samples, evaluation "
            "routing.")
             .arg(cell)
             .arg(run.layout.top_k)
             .arg(modalityWord(modality))
             .arg(run.layout.samples);
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
        "This recording’s patches have no labels. Text tokens by word and patches by caption word "
        "can be chosen above.");
  }
  const QString tokens = modality == probe::kImage ? tr("patches") : tr("text tokens");
  if (digest.tokens[m] == 0) {
    return digest.filter.isEmpty() ? tr("This layer routes no %1.").arg(tokens)
                                   : tr("No %1 match the filter.").arg(tokens);
  }
  return digest.kept[m] == 0 ? tr("None of these %1 were kept.").arg(tokens)
                             : tr("None of these %1 have a %2.").arg(tokens, kindWord(kind));
}

QString noneFound(const KindCounts& counts, const QString& names) {
  const MapKind kind = counts.kind;
  if (isNamed(counts, names)) {
    return tr("None of the %1 of “%2” were kept and counted here: they were dropped, or the filter "
              "leaves them out.")
        .arg(kindTokens(kind), names.simplified());
  }
  const QString none =
      tr("No %1 is, or begins with, “%2”.").arg(kindWord(kind), names.simplified());
  switch (kind) {
    case MapKind::Labels:
      return none + tr("\n\nEmpty the field above to see all labels.");
    case MapKind::Pieces:
      return none +
             tr("\n\nA rare word can be cut into several pieces, which are found each by "
                "itself; “Patches by caption word” has whole words. Empty the field above to "
                "see the most frequent ones.");
    case MapKind::Words:
      break;
  }
  return none + tr("\n\nEmpty the field above to see the most frequent ones.");
}

QString noFlow(const RunData& run, int64_t layer) {
  return layer + 1 < run.layout.layers
             ? tr("This is the last MoE layer of the image tower: its tokens do not go on to the "
                  "text tower.")
             : tr("This is the last MoE layer: its tokens go to no other experts.");
}

}  // namespace limoe::gui
