#include "gui/inspect/specialisation.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <iterator>
#include <limits>
#include <numeric>
#include <utility>

#include "routing_probe/recording/statistics.h"

namespace limoe::gui {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

uint64_t sumOf(std::span<const uint64_t> counts) {
  return std::accumulate(counts.begin(), counts.end(), uint64_t{0});
}

template <typename CountsOf>
CountTable tableOf(const LayerDigest& digest, const CountsOf& counts_of) {
  std::size_t columns = 0;
  for (const ExpertDigest& expert : digest.experts) {
    columns = std::max(columns, counts_of(expert).size());
  }
  CountTable table(digest.experts.size(), columns);
  for (std::size_t e = 0; e < table.rows; ++e) {
    const auto& counts = counts_of(digest.experts[e]);
    std::ranges::copy(counts, table.counts.begin() + static_cast<std::ptrdiff_t>(e * columns));
  }
  return table;
}

QString unitInWords(Measure::Unit unit) {
  switch (unit) {
    case Measure::Unit::Nats:
      return QStringLiteral(" In nats (ln, the natural logarithm).");
    case Measure::Unit::Percent:
      return QStringLiteral(" In per cent.");
    case Measure::Unit::Number:
    case Measure::Unit::Count:
      break;
  }
  return QStringLiteral(" A number of experts.");
}

/// Lines of the table of measures, with what they share.
class Lines {
 public:
  explicit Lines(const LayerDigest& digest) : digest_(digest) {}

  Measure& add(const QString& name, Measure::Unit unit, const QString& definition,
               const QString& formula) {
    Measure measure;
    measure.name = name;
    measure.unit = unit;
    measure.values.fill(kNone);
    measure.notes.fill(QStringLiteral("not defined here"));
    measure.definition = definition + unitInWords(unit);
    measure.formula = formula;
    lines_.push_back(std::move(measure));
    return lines_.back();
  }

  /// Three lines about what the expert tells of a kind of thing.
  void addInformation(const QString& kind, Measure::Column column, const CountTable& table,
                      const QString& counted, const QString& missing);
  void addEntropies();
  void addLoads();

  std::vector<Measure> take() {
    return {std::make_move_iterator(lines_.begin()), std::make_move_iterator(lines_.end())};
  }

 private:
  void set(Measure& line, std::size_t column, double value, const QString& note_if_none) {
    line.values[column] = value;
    line.notes[column] = std::isnan(value) ? note_if_none : QString();
  }

  const LayerDigest& digest_;
  std::deque<Measure> lines_;  ///< add() leaves earlier references valid
};

void Lines::addInformation(const QString& kind, Measure::Column column, const CountTable& table,
                           const QString& counted, const QString& missing) {
  const Information found = information(table);
  Measure& nats = add(
      QStringLiteral("%1 information").arg(kind.at(0).toUpper() + kind.mid(1)), Measure::Unit::Nats,
      QStringLiteral("Mutual information between a token's expert and its %1: how much knowing the "
                     "expert tells about the %1. 0 where they have nothing to do with one another. "
                     "Counted: %2.")
          .arg(kind, counted),
      QStringLiteral("I(e; x) = Σ p(e, x) · ln( p(e, x) / (p(e) · p(x)) )"));
  set(nats, column, found.nats, missing);
  Measure& share =
      add(QStringLiteral("… of H(%1)").arg(kind), Measure::Unit::Percent,
          QStringLiteral(
              "The information as a part of the entropy of the %1: 100 % where the expert tells "
              "it exactly.")
              .arg(kind),
          QStringLiteral("I(e; x) / H(x), H(x) = −Σ p(x) · ln p(x)"));
  set(share, column, found.share,
      std::isnan(found.nats) ? missing : QStringLiteral("only one %1 occurs").arg(kind));
  Measure& chance = add(
      QStringLiteral("… by chance"), Measure::Unit::Nats,
      QStringLiteral("About the information that n tokens would show if expert and %1 were drawn "
                     "independently: with few tokens the measure is biased upward by this much. "
                     "Tokens of one image are not drawn independently, so treat values close to "
                     "it as none.")
          .arg(kind),
      QStringLiteral(
          "(E − 1) · (X − 1) / (2 · n), E experts and X values that occur (Miller 1955)"));
  set(chance, column, found.by_chance, missing);
}

void Lines::addEntropies() {
  const QString not_recorded = QStringLiteral("not recorded");
  Measure& token =
      add(QStringLiteral("Token entropy"), Measure::Unit::Nats,
          QStringLiteral("How undecided the router is about one token: the entropy of its "
                         "distribution over the experts, averaged over all tokens, kept "
                         "or not. Low: each token has one clear expert."),
          QStringLiteral("mean over tokens of −Σ p_t(e) · ln p_t(e)"));
  Measure& mean =
      add(QStringLiteral("Entropy of the mean"), Measure::Unit::Nats,
          QStringLiteral("How evenly the router spreads its probability over the experts: "
                         "the entropy of the distribution averaged over all tokens. At "
                         "most ln(number of experts)."),
          QStringLiteral("−Σ q(e) · ln q(e), q(e) = mean over tokens of p_t(e)"));
  for (std::size_t m = 0; m < 2; ++m) {
    const QString why = digest_.tokens[m] == 0 ? QStringLiteral("no tokens") : not_recorded;
    set(token, m, digest_.token_entropy[m], why);
    set(mean, m, digest_.mean_entropy[m], why);
  }
}

void Lines::addLoads() {
  const CountTable kept = modalityTable(digest_);
  std::array<std::vector<uint64_t>, Measure::kColumns> loads;
  for (std::size_t e = 0; e < kept.rows; ++e) {
    loads[Measure::kImage].push_back(kept.at(e, 0));
    loads[Measure::kText].push_back(kept.at(e, 1));
    loads[Measure::kBoth].push_back(kept.at(e, 0) + kept.at(e, 1));
  }
  const std::array<uint64_t, Measure::kColumns> chosen = {digest_.chosen[0], digest_.chosen[1],
                                                          digest_.chosen[0] + digest_.chosen[1]};
  const std::array<uint64_t, Measure::kColumns> kept_in_all = {digest_.kept[0], digest_.kept[1],
                                                               digest_.kept[0] + digest_.kept[1]};
  Measure& dead =
      add(QStringLiteral("Dead experts"), Measure::Unit::Count,
          QStringLiteral("Experts that process no token of the probe. In the columns of "
                         "one modality: none of that modality."),
          QStringLiteral("number of experts e with n(e) = 0, n(e) kept choices"));
  Measure& effective = add(
      QStringLiteral("Effective experts"), Measure::Unit::Number,
      QStringLiteral("As many equally loaded experts would have the same entropy of load. Equal to "
                     "the number of experts where all process the same."),
      QStringLiteral("exp( −Σ l(e) · ln l(e) ), l(e) = n(e) / Σ n, n(e) kept choices"));
  Measure& success = add(QStringLiteral("Routing success"), Measure::Unit::Percent,
                         QStringLiteral("The part of the routers' choices for which the expert had "
                                        "room."),
                         QStringLiteral("kept choices / choices"));
  for (std::size_t c = 0; c < Measure::kColumns; ++c) {
    const QString none = QStringLiteral("no tokens");
    const bool any = chosen[c] > 0;
    set(dead, c, any ? static_cast<double>(emptyOf(loads[c])) : kNone, none);
    set(effective, c, effectiveNumber(loads[c]), none);
    set(success, c, any ? probe::successRate(kept_in_all[c], chosen[c]) : kNone, none);
  }
}

}  // namespace

std::vector<uint64_t> CountTable::rowSums() const {
  std::vector<uint64_t> sums(rows);
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < columns; ++c) {
      sums[r] += at(r, c);
    }
  }
  return sums;
}

std::vector<uint64_t> CountTable::columnSums() const {
  std::vector<uint64_t> sums(columns);
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < columns; ++c) {
      sums[c] += at(r, c);
    }
  }
  return sums;
}

uint64_t CountTable::total() const {
  return sumOf(counts);
}

double entropyOf(std::span<const uint64_t> counts) {
  const auto total = static_cast<double>(sumOf(counts));
  if (total == 0) {
    return kNone;
  }
  double entropy = 0;
  for (const uint64_t count : counts) {
    const double p = static_cast<double>(count) / total;
    entropy -= p > 0 ? p * std::log(p) : 0;
  }
  return entropy;
}

double effectiveNumber(std::span<const uint64_t> counts) {
  return std::exp(entropyOf(counts));
}

std::size_t emptyOf(std::span<const uint64_t> counts) {
  return static_cast<std::size_t>(std::ranges::count(counts, uint64_t{0}));
}

Information information(const CountTable& table) {
  const std::vector<uint64_t> by_row = table.rowSums();
  const std::vector<uint64_t> by_column = table.columnSums();
  const auto total = static_cast<double>(table.total());
  if (total == 0) {
    return {kNone, kNone, kNone, kNone};
  }
  Information found;
  for (std::size_t r = 0; r < table.rows; ++r) {
    for (std::size_t c = 0; c < table.columns; ++c) {
      const auto here = static_cast<double>(table.at(r, c));
      if (here > 0) {
        const double independent =
            static_cast<double>(by_row[r]) * static_cast<double>(by_column[c]) / total;
        found.nats += here / total * std::log(here / independent);
      }
    }
  }
  // Independent counts can come to a hair below 0.
  found.nats = std::max(found.nats, 0.0);
  found.column_entropy = entropyOf(by_column);
  const std::size_t occurring_rows = table.rows - emptyOf(by_row);
  const std::size_t occurring_columns = table.columns - emptyOf(by_column);
  found.share = occurring_columns > 1 ? found.nats / found.column_entropy : kNone;
  found.by_chance =
      static_cast<double>((occurring_rows - 1) * (occurring_columns - 1)) / (2 * total);
  return found;
}

CountTable labelTable(const LayerDigest& digest) {
  return tableOf(
      digest, [](const ExpertDigest& e) -> const auto& { return e.labels; });
}

CountTable positionTable(const LayerDigest& digest) {
  return tableOf(
      digest, [](const ExpertDigest& e) -> const auto& { return e.positions; });
}

CountTable pieceTable(const LayerDigest& digest) {
  return tableOf(
      digest, [](const ExpertDigest& e) -> const auto& { return e.pieces; });
}

CountTable modalityTable(const LayerDigest& digest) {
  return tableOf(
      digest, [](const ExpertDigest& e) -> const auto& { return e.kept; });
}

CountTable wordTable(const LayerDigest& digest) {
  return tableOf(
      digest, [](const ExpertDigest& e) -> const auto& { return e.words; });
}

std::vector<Measure> layerMeasures(const LayerDigest& digest) {
  Lines lines(digest);
  const bool labelled = !digest.experts.empty() && !digest.experts.front().labels.empty();
  const QString no_labels = !labelled             ? QStringLiteral("no labels recorded")
                            : digest.kept[0] == 0 ? QStringLiteral("no kept patches")
                                                  : QStringLiteral("no kept patch has a label");
  const QString no_patches = QStringLiteral("no kept patches");
  lines.addInformation(QStringLiteral("label"), Measure::kImage, labelTable(digest),
                       QStringLiteral("kept choices of patches that have a label"), no_labels);
  lines.addInformation(QStringLiteral("place"), Measure::kImage, positionTable(digest),
                       QStringLiteral("kept choices of patches by their place in the image"),
                       no_patches);
  lines.addInformation(QStringLiteral("word piece"), Measure::kText, pieceTable(digest),
                       QStringLiteral("kept choices of text tokens by word piece"),
                       QStringLiteral("no kept text tokens"));
  lines.addInformation(QStringLiteral("modality"), Measure::kBoth, modalityTable(digest),
                       QStringLiteral("kept choices of image and text tokens"),
                       QStringLiteral("no kept tokens"));
  lines.addEntropies();
  lines.addLoads();
  return lines.take();
}

}  // namespace limoe::gui
