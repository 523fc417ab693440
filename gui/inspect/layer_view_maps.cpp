#include "gui/inspect/layer_view_maps.h"

#include <QCoreApplication>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "gui/view/colors.h"
#include "gui/view/expert_title.h"
#include "gui/view/number_text.h"

namespace limoe::gui {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr QChar kWordBegin(0x2581);

QString tr(const char* text) {
  return QCoreApplication::translate("LayerView", text);
}

/// "2.10 times chance"; for an expert that has nothing there is no chance level.
QString timesChance(double lift) {
  return std::isnan(lift) ? tr("it has none at all") : tr("%1 times chance").arg(lift, 0, 'f', 2);
}

HeatScale scaleOf(CellValue value) {
  return value == CellValue::Share  ? HeatScale::Percent
         : value == CellValue::Lift ? HeatScale::Lift
                                    : HeatScale::Count;
}

double ratio(uint64_t part, uint64_t whole) {
  return whole == 0 ? kNone : static_cast<double>(part) / static_cast<double>(whole);
}

/// Counts with what they are compared to.
struct Counted {
  CountTable table;
  std::vector<uint64_t> row_totals, column_totals;
  uint64_t total = 0;

  double lift(std::size_t r, std::size_t c) const {
    const double expected = static_cast<double>(row_totals[r]) *
                            static_cast<double>(column_totals[c]) / static_cast<double>(total);
    return expected > 0 ? static_cast<double>(table.at(r, c)) / expected : kNone;
  }
};

/// A map without titles, with shares of the row or of the column.
HeatMap heatOf(const Counted& counted, CellValue value, bool of_row) {
  HeatMap map;
  map.scale = scaleOf(value);
  for (std::size_t r = 0; r < counted.table.rows; ++r) {
    for (std::size_t c = 0; c < counted.table.columns; ++c) {
      const uint64_t count = counted.table.at(r, c);
      map.values.push_back(
          value == CellValue::Count ? static_cast<double>(count)
          : value == CellValue::Lift
              ? counted.lift(r, c)
              : ratio(count, of_row ? counted.row_totals[r] : counted.column_totals[c]));
    }
  }
  map.top = topOf(map.scale, map.values);
  return map;
}

Counted countedKinds(const LayerDigest& digest, MapKind kind) {
  Counted counted;
  counted.table = kind == MapKind::Labels   ? labelTable(digest)
                  : kind == MapKind::Pieces ? pieceTable(digest)
                                            : wordTable(digest);
  counted.column_totals = counted.table.columnSums();
  counted.row_totals = counted.table.rowSums();
  if (kind == MapKind::Words) {
    // A patch is counted for every word of its caption, so the sums would count it several times.
    for (std::size_t e = 0; e < digest.experts.size(); ++e) {
      counted.row_totals[e] = digest.experts[e].kept[probe::kImage];
    }
  }
  counted.total =
      std::accumulate(counted.row_totals.begin(), counted.row_totals.end(), uint64_t{0});
  return counted;
}

QString kindTitle(const LayerDigest& digest, const probe::Layout& layout, MapKind kind,
                  std::size_t index) {
  switch (kind) {
    case MapKind::Labels:
      return QString::fromStdString(layout.label_names[index]);
    case MapKind::Pieces:
      return pieceTitle(digest.pieces[index]);
    case MapKind::Words:
      break;
  }
  return digest.words[index];
}

/// "42 of 120 kept patches of sky"
QString partOf(MapKind kind, const QString& title, uint64_t count, uint64_t of) {
  const QString form = kind == MapKind::Labels ? tr("%1 of %2 kept patches labelled “%3”")
                       : kind == MapKind::Pieces
                           ? tr("%1 of %2 kept text tokens “%3”")
                           : tr("%1 of %2 kept patches in images whose caption has “%3”");
  return form.arg(countText(count), countText(of), title);
}

/// The `most` most frequent kinds, most frequent first.
std::vector<std::size_t> mostFrequent(const std::vector<uint64_t>& totals, std::size_t most) {
  std::vector<std::size_t> kinds(totals.size());
  std::iota(kinds.begin(), kinds.end(), std::size_t{0});
  most = std::min(most, kinds.size());
  std::ranges::partial_sort(kinds, kinds.begin() + static_cast<std::ptrdiff_t>(most),
                            [&](std::size_t a, std::size_t b) {
                              return totals[a] != totals[b] ? totals[a] > totals[b] : a < b;
                            });
  kinds.resize(most);
  std::erase_if(kinds, [&](std::size_t k) { return totals[k] == 0; });
  return kinds;
}

/// The counts of these columns alone, compared to the same totals of rows.
Counted reduced(const Counted& counted, const std::vector<std::size_t>& columns) {
  Counted part;
  part.table = CountTable(counted.table.rows, columns.size());
  part.row_totals = counted.row_totals;
  part.total = counted.total;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    part.column_totals.push_back(counted.column_totals[columns[c]]);
    for (std::size_t r = 0; r < part.table.rows; ++r) {
      part.table.at(r, c) = counted.table.at(r, columns[c]);
    }
  }
  return part;
}

void orderByExpert(std::vector<std::size_t>& kinds, const Counted& counted) {
  const auto most = [&](std::size_t kind) {
    std::size_t best = 0;
    for (std::size_t e = 1; e < counted.table.rows; ++e) {
      best = counted.table.at(e, kind) > counted.table.at(best, kind) ? e : best;
    }
    return best;
  };
  std::ranges::stable_sort(kinds, [&](std::size_t a, std::size_t b) {
    const std::size_t of_a = most(a);
    const std::size_t of_b = most(b);
    return of_a != of_b ? of_a < of_b
                        : ratio(counted.table.at(of_a, a), counted.column_totals[a]) >
                              ratio(counted.table.at(of_b, b), counted.column_totals[b]);
  });
}

}  // namespace

std::vector<HeatLine> expertLines(const ViewState& state, int64_t layer, int64_t experts) {
  std::vector<HeatLine> lines;
  for (int64_t e = 0; e < experts; ++e) {
    HeatLine line;
    line.short_title = QStringLiteral("e%1").arg(e);
    line.title = expertTitle(state, layer, e);
    line.color = expertColor(e, experts);
    line.selected = state.selectedExpert() == e;
    line.dimmed = state.isHidden(e);
    lines.push_back(line);
  }
  return lines;
}

QString pieceTitle(const std::string& piece) {
  QString title = QString::fromStdString(piece);
  if (title.startsWith(kWordBegin)) {
    return title.mid(1);
  }
  // Only where it could be taken for a word.
  return !title.isEmpty() && title.at(0).isLetterOrNumber() ? QStringLiteral("…") + title : title;
}

KindMap kindMap(const LayerDigest& digest, const probe::Layout& layout, MapKind kind,
                CellValue value, ColumnOrder order, std::vector<HeatLine> experts) {
  const Counted all = countedKinds(digest, kind);
  const auto title = [&](std::size_t k) { return kindTitle(digest, layout, kind, k); };
  KindMap result;
  result.occurring = all.table.columns - emptyOf(all.column_totals);
  // The most frequent ones are chosen first, and then put into order.
  std::vector<std::size_t> kinds =
      mostFrequent(all.column_totals, kind == MapKind::Labels ? all.table.columns : kMostColumns);
  if (order == ColumnOrder::Expert) {
    orderByExpert(kinds, all);
  } else if (order == ColumnOrder::Name) {
    std::ranges::stable_sort(kinds, [&](std::size_t a, std::size_t b) {
      return QString::localeAwareCompare(title(a), title(b)) < 0;
    });
  }
  const Counted counted = reduced(all, kinds);
  result.map = heatOf(counted, value, false);
  result.map.describe = [counted, kind](const HeatMap& map, std::size_t row, std::size_t column) {
    const uint64_t count = counted.table.at(row, column);
    const uint64_t of = counted.column_totals[column];
    return tr("%1: %2, %3 · %4 (%1 has %5 of all)")
        .arg(map.rows[row].title, partOf(kind, map.columns[column].title, count, of),
             percentText(ratio(count, of), 1), timesChance(counted.lift(row, column)),
             percentText(ratio(counted.row_totals[row], counted.total), 1));
  };
  for (const std::size_t k : kinds) {
    result.map.columns.push_back({title(k), title(k), {}, false, false});
  }
  result.map.rows = std::move(experts);
  result.kinds = std::move(kinds);
  return result;
}

HeatMap flowMap(const ExpertFlow& flow, std::optional<int> modality, CellValue value,
                std::vector<HeatLine> from, std::vector<HeatLine> to) {
  const auto experts = static_cast<std::size_t>(flow.experts);
  Counted counted;
  counted.table = CountTable(experts, experts);
  for (const int m : {probe::kImage, probe::kText}) {
    const auto& counts = flow.counts[static_cast<std::size_t>(m)];
    for (std::size_t i = 0; modality.value_or(m) == m && i < counts.size(); ++i) {
      counted.table.counts[i] += counts[i];
    }
  }
  counted.row_totals = counted.table.rowSums();
  counted.column_totals = counted.table.columnSums();
  counted.total = counted.table.total();
  HeatMap map = heatOf(counted, value, true);
  map.describe = [counted](const HeatMap& shown, std::size_t row, std::size_t column) {
    const QString& a = shown.rows[row].title;
    const QString& b = shown.columns[column].title;
    const uint64_t of = counted.row_totals[row];
    if (of == 0) {
      return tr("%1 keeps no token that is kept in the next layer, too").arg(a);
    }
    const uint64_t count = counted.table.at(row, column);
    return tr("%1 → %2: %3 of the %4 tokens of %1, %5 · %6")
        .arg(a, b, countText(count), countText(of), percentText(ratio(count, of), 1),
             counted.column_totals[column] > 0 ? timesChance(counted.lift(row, column))
                                               : tr("nothing goes there"));
  };
  map.rows = std::move(from);
  map.columns = std::move(to);
  for (HeatLine& column : map.columns) {
    column.selected = false;  // the selected expert is one of this layer
    column.dimmed = false;
  }
  return map;
}

HeatMap coactivationMap(const Coactivation& found, std::optional<int> modality, CellValue value,
                        const std::vector<HeatLine>& experts) {
  CountTable table(experts.size(), experts.size());
  for (const int m : {probe::kImage, probe::kText}) {
    const auto& counts = found.tokens[static_cast<std::size_t>(m)].counts;
    for (std::size_t i = 0; modality.value_or(m) == m && i < counts.size(); ++i) {
      table.counts[i] += counts[i];
    }
  }
  HeatMap map;
  map.scale = scaleOf(value);
  for (std::size_t r = 0; r < table.rows; ++r) {
    for (std::size_t c = 0; c < table.columns; ++c) {
      map.values.push_back(r == c                      ? kNone
                           : value == CellValue::Count ? static_cast<double>(table.at(r, c))
                                                       : ratio(table.at(r, c), table.at(r, r)));
    }
  }
  map.top = topOf(map.scale, map.values);
  map.rows = experts;
  map.columns = experts;
  map.describe = [table](const HeatMap& shown, std::size_t row, std::size_t column) {
    const uint64_t tokens = table.at(row, row);
    if (row == column || tokens == 0) {
      return tr("%1: among the choices of %2 tokens").arg(shown.rows[row].title, countText(tokens));
    }
    return tr("%1 with %2: %3 tokens choose both, %4 of the %5 tokens that choose %1")
        .arg(shown.rows[row].title, shown.columns[column].title, countText(table.at(row, column)),
             percentText(ratio(table.at(row, column), tokens), 1), countText(tokens));
  };
  return map;
}

}  // namespace limoe::gui
