#include "gui/inspect/layer_view_maps.h"

#include <QCoreApplication>
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "gui/view/colors.h"
#include "gui/view/expert_title.h"
#include "gui/view/number_text.h"

namespace limoe::gui {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

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

/// "kept patches labelled “sky”"; with K = 2 "kept choices of patches …".
QString tokensOf(MapKind kind, bool one_choice, const QString& quoted) {
  const QString form = kind == MapKind::Labels ? tr("kept %2patches labelled %1")
                       : kind == MapKind::Pieces
                           ? tr("kept %2text tokens %1")
                           : tr("kept %2patches in images whose caption has %1");
  return form.arg(quoted, one_choice ? QString() : tr("choices of "));
}

/// The counts of these kinds, compared to all of the layer; with `together` their sum is the last
/// column.
Counted countedKinds(const LayerDigest& digest, const KindCounts& counts,
                     const std::vector<std::size_t>& kinds, bool together) {
  Counted counted;
  counted.table = CountTable(digest.experts.size(), kinds.size() + (together ? 1 : 0));
  counted.row_totals = counts.row_totals;
  counted.total = counts.total;
  for (std::size_t r = 0; r < counted.table.rows; ++r) {
    for (std::size_t c = 0; c < kinds.size(); ++c) {
      const uint64_t count = countOf(digest, counts.kind, r, kinds[c]);
      counted.table.at(r, c) = count;
      if (together) {
        counted.table.at(r, kinds.size()) += count;
      }
    }
  }
  counted.column_totals = counted.table.columnSums();
  return counted;
}

void orderByExpert(std::vector<std::size_t>& kinds, const LayerDigest& digest,
                   const KindCounts& counts) {
  const auto count = [&](std::size_t expert, std::size_t kind) {
    return countOf(digest, counts.kind, expert, kind);
  };
  const auto most = [&](std::size_t kind) {
    std::size_t best = 0;
    for (std::size_t e = 1; e < digest.experts.size(); ++e) {
      best = count(e, kind) > count(best, kind) ? e : best;
    }
    return best;
  };
  std::ranges::stable_sort(kinds, [&](std::size_t a, std::size_t b) {
    const std::size_t of_a = most(a);
    const std::size_t of_b = most(b);
    return of_a != of_b
               ? of_a < of_b
               : ratio(count(of_a, a), counts.totals[a]) > ratio(count(of_b, b), counts.totals[b]);
  });
}

/// “CAFE”, “BOOKS” or “TEA”; of many the first ones.
QString anyOf(const QStringList& titles) {
  constexpr qsizetype kMostNamed = 4;
  QStringList quoted;
  for (const QString& title : titles.mid(0, kMostNamed)) {
    quoted << QStringLiteral("“%1”").arg(title);
  }
  if (titles.size() > kMostNamed) {
    quoted << tr("%1 others").arg(titles.size() - kMostNamed);
  }
  const QString last = quoted.takeLast();
  return quoted.isEmpty() ? last : tr("%1 or %2").arg(quoted.join(QStringLiteral(", ")), last);
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

std::vector<std::size_t> KindMap::kindsOf(std::size_t column) const {
  return column < kinds.size() ? std::vector{kinds[column]} : kinds;
}

KindMap kindMap(const LayerDigest& digest, const KindCounts& counts, CellValue value,
                ColumnOrder order, const std::optional<Found>& found,
                std::vector<HeatLine> experts) {
  const auto title = [&](std::size_t k) { return counts.titles[static_cast<qsizetype>(k)]; };
  KindMap result;
  result.occurring = counts.occurring();
  // The most frequent ones are chosen first, and then put into order.
  std::vector<std::size_t> kinds =
      found ? counts.mostFrequent(kMostColumns, found->kinds)
            : counts.mostFrequent(counts.kind == MapKind::Labels ? counts.totals.size()
                                                                 : kMostColumns);
  if (order == ColumnOrder::Expert) {
    orderByExpert(kinds, digest, counts);
  } else if (order == ColumnOrder::Name) {
    std::ranges::stable_sort(kinds, [&](std::size_t a, std::size_t b) {
      return QString::localeAwareCompare(title(a), title(b)) < 0;
    });
  }
  const bool together = found && kinds.size() > 1;
  const Counted counted = countedKinds(digest, counts, kinds, together);
  result.map = heatOf(counted, value, false);
  QStringList titles;
  for (const std::size_t k : kinds) {
    result.map.columns.push_back({title(k), title(k), {}, false, false});
    titles << title(k);
  }
  if (together) {
    result.map.columns.push_back(
        {(kinds.size() < found->all ? tr("these %1 together") : tr("all %1 together"))
             .arg(kinds.size()),
         kinds.size() < found->all ? tr("these") : tr("all"),
         {},
         false,
         false});
    result.map.columns.back().selected = true;  // stands out
  }
  const bool one_choice = digest.chosen[probe::kImage] <= digest.tokens[probe::kImage] &&
                          digest.chosen[probe::kText] <= digest.tokens[probe::kText];
  result.map.describe = [counted, titles, one_choice, kind = counts.kind](
                            const HeatMap& map, std::size_t row, std::size_t column) {
    const uint64_t count = counted.table.at(row, column);
    const uint64_t of = counted.column_totals[column];
    const auto c = static_cast<qsizetype>(column);
    QString tokens =
        tokensOf(kind, one_choice, anyOf(c < titles.size() ? QStringList{titles[c]} : titles));
    if (kind == MapKind::Words && c >= titles.size()) {
      tokens += tr(" (once for each of them)");
    }
    // The numbers first: the list of names is what can be long.
    return tr("%1: %2 (%3 of %4) · %5 (%1 has %6 of all) · %7")
        .arg(map.rows[row].title, percentText(ratio(count, of), 1), countText(count), countText(of),
             timesChance(counted.lift(row, column)),
             percentText(ratio(counted.row_totals[row], counted.total), 1), tokens);
  };
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
