#include "gui/inspect/specialisation.h"

#include <gmock/gmock.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <random>
#include <sstream>

#include "gui/inspect/layer_view_measures.h"
#include "routing_probe/recording/statistics.h"
#include "tests/recording/recording_test_support.h"

namespace limoe::gui {
namespace {

CountTable table(std::size_t rows, std::size_t columns, std::vector<uint64_t> counts) {
  CountTable made(rows, columns);
  made.counts = std::move(counts);
  return made;
}

// H(1/4, 3/4) = −¼·ln ¼ − ¾·ln ¾ = 0.3465736 + 0.2157615 = 0.5623351
constexpr double kQuarter = 0.5623351446188083;

TEST(Information, OfExpertsThatTellTheLabelExactly) {
  const Information found = information(table(2, 2, {4, 0, 0, 4}));
  EXPECT_NEAR(found.nats, std::log(2.0), 1e-15);
  EXPECT_NEAR(found.column_entropy, std::log(2.0), 1e-15);
  EXPECT_NEAR(found.share, 1, 1e-15);
  EXPECT_DOUBLE_EQ(found.by_chance, 1.0 / 16);  // 1·1 / (2·8)
}

TEST(Information, IsNothingWhereCountsAreIndependent) {
  const Information found = information(table(2, 2, {2, 4, 1, 2}));
  EXPECT_NEAR(found.nats, 0, 1e-15);
  EXPECT_GE(found.nats, 0);
  EXPECT_NEAR(found.share, 0, 1e-15);
}

TEST(Information, OfAnUnevenTable) {
  // Rows and columns are even, so I = H(column) − H(column | row) = ln 2 − H(1/4, 3/4) = 0.1308121.
  const Information found = information(table(2, 2, {3, 1, 1, 3}));
  EXPECT_NEAR(found.nats, std::log(2.0) - kQuarter, 1e-15);
  EXPECT_NEAR(found.share, 1 - kQuarter / std::log(2.0), 1e-15);
}

TEST(Information, ChanceCountsOnlyWhatOccurs) {
  // 2 of 3 experts and 3 of 4 labels occur among 10 tokens: (2−1)·(3−1) / 20.
  const Information found = information(table(3, 4, {1, 2, 0, 1, 0, 0, 0, 0, 3, 2, 0, 1}));
  EXPECT_DOUBLE_EQ(found.by_chance, 0.1);
}

TEST(Information, OfOneLabelHasNoShare) {
  const Information found = information(table(2, 2, {3, 0, 5, 0}));
  EXPECT_EQ(found.nats, 0);
  EXPECT_TRUE(std::isnan(found.share));
  EXPECT_EQ(found.by_chance, 0);
}

TEST(Information, OfNothingIsNotANumber) {
  for (const CountTable& nothing : {CountTable(), CountTable(3, 0), CountTable(2, 2)}) {
    const Information found = information(nothing);
    EXPECT_TRUE(std::isnan(found.nats));
    EXPECT_TRUE(std::isnan(found.share));
    EXPECT_TRUE(std::isnan(found.by_chance));
  }
}

TEST(Loads, EntropyEffectiveNumberAndEmptyExperts) {
  const auto entropy = [](std::vector<uint64_t> counts) { return entropyOf(counts); };
  const auto effective = [](std::vector<uint64_t> counts) { return effectiveNumber(counts); };
  EXPECT_NEAR(entropy({1, 3}), kQuarter, 1e-15);
  EXPECT_TRUE(std::isnan(entropy({0, 0})));
  EXPECT_NEAR(effective({5, 5, 5, 5}), 4, 1e-14);
  EXPECT_NEAR(effective({4, 0, 4, 0}), 2, 1e-15);
  EXPECT_NEAR(effective({7}), 1, 1e-15);
  EXPECT_NEAR(effective({1, 3}), std::exp(kQuarter), 1e-15);  // 1.7548
  EXPECT_EQ(emptyOf(std::vector<uint64_t>{0, 3, 0}), 2U);
}

/// Random tables, some with empty rows and columns, as lines "rows columns counts…".
std::vector<CountTable> randomTables() {
  std::mt19937 random(7);
  std::vector<CountTable> tables;
  for (int i = 0; i < 40; ++i) {
    CountTable made(1 + random() % 32, 1 + random() % 60);
    const std::size_t empty_row = random() % made.rows;
    const std::size_t empty_column = random() % made.columns;
    for (std::size_t r = 0; r < made.rows; ++r) {
      for (std::size_t c = 0; c < made.columns; ++c) {
        const uint64_t count = random() % 3 == 0 ? random() % 100000 : random() % 4;
        made.at(r, c) = r == empty_row || c == empty_column ? 0 : count;
      }
    }
    if (made.total() > 0) {
      tables.push_back(made);
    }
  }
  return tables;
}

TEST(Information, IsWhatNumPyComputes) {
  const std::vector<CountTable> tables = randomTables();
  ASSERT_GT(tables.size(), 30U);
  const probe::test::TestFolder folder;
  {
    std::ofstream file(folder / "tables");
    for (const CountTable& one : tables) {
      file << one.rows << ' ' << one.columns;
      for (const uint64_t count : one.counts) {
        file << ' ' << count;
      }
      file << '\n';
    }
  }
  const auto result = probe::test::runPython(R"(
import sys, numpy as np
def entropy(p):
    p = p[p > 0]
    return -np.sum(p * np.log(p))
for line in open(sys.argv[1]):
    numbers = np.array(line.split(), dtype=np.int64)
    counts = numbers[2:].reshape(numbers[0], numbers[1])
    joint = counts / counts.sum()
    row, column = joint.sum(axis=1), joint.sum(axis=0)
    nats = entropy(row) + entropy(column) - entropy(joint.ravel())
    chance = ((counts.sum(axis=1) > 0).sum() - 1) * ((counts.sum(axis=0) > 0).sum() - 1) / (2 * counts.sum())
    print(repr(float(nats)), repr(float(entropy(column))), repr(float(np.exp(entropy(row)))), repr(float(chance)))
)",
                                             folder / "tables");
  ASSERT_EQ(result.status, 0) << result.output;
  std::istringstream lines(result.output);
  for (const CountTable& one : tables) {
    double nats = 0, column_entropy = 0, effective = 0, chance = 0;
    ASSERT_TRUE(lines >> nats >> column_entropy >> effective >> chance) << result.output;
    const Information found = information(one);
    EXPECT_NEAR(found.nats, nats, 1e-12);
    EXPECT_NEAR(found.column_entropy, column_entropy, 1e-12);
    EXPECT_NEAR(found.by_chance, chance, 1e-12);
    EXPECT_NEAR(effectiveNumber(one.rowSums()), effective, 1e-12 * 32);
    // What the recording's own metric says of the same counts.
    const std::vector<uint32_t> narrow(one.counts.begin(), one.counts.end());
    const double recorded = probe::labelInformation(narrow, static_cast<int64_t>(one.rows),
                                                    static_cast<int64_t>(one.columns));
    EXPECT_NEAR(std::isnan(found.share) ? 0 : found.share, recorded, 1e-12);
  }
}

/// Three experts; the last one processes nothing.
LayerDigest smallDigest() {
  LayerDigest digest;
  digest.experts.resize(3);
  digest.experts[0].kept = {6, 1};
  digest.experts[1].kept = {2, 3};
  digest.experts[2].kept = {0, 0};
  digest.experts[0].chosen = {6, 2};
  digest.experts[1].chosen = {4, 3};
  digest.experts[2].chosen = {0, 1};
  digest.experts[0].labels = {3, 1};  // two of its six patches have no label
  digest.experts[1].labels = {1, 1};
  digest.experts[2].labels = {0, 0};
  digest.experts[0].positions = {6, 0};
  digest.experts[1].positions = {0, 2};
  digest.experts[2].positions = {0, 0};
  digest.pieces = {"\u2581a", "b"};
  digest.experts[0].pieces = {1, 0};
  digest.experts[1].pieces = {1, 2};
  digest.experts[2].pieces = {0, 0};
  digest.tokens = {10, 6};
  digest.chosen = {10, 6};
  digest.kept = {8, 4};
  digest.token_entropy = {0.25, std::numeric_limits<double>::quiet_NaN()};
  digest.mean_entropy = {0.75, std::numeric_limits<double>::quiet_NaN()};
  return digest;
}

/// Value of a measure; the lines that begin with "…" belong to the one above them.
double value(const LayerDigest& digest, const QString& name, Measure::Column column,
             int lines_below = 0) {
  const std::vector<Measure> measures = layerMeasures(digest);
  const auto found = std::ranges::find(measures, name, &Measure::name);
  EXPECT_NE(found, measures.end()) << name.toStdString();
  return (found + lines_below)->values[column];
}

TEST(LayerMeasures, AreThoseOfTheCounts) {
  const LayerDigest digest = smallDigest();
  // Labels: [3 1; 1 1] of 6. np: p=[[3,1],[1,1]]/6; (p*log(p/outer(p.sum(1),p.sum(0)))).sum()
  // = ½·ln(½ / (⅔·⅔)) + ⅙·ln(⅙ / (⅔·⅓)) + ⅙·ln(⅙ / (⅓·⅔)) + ⅙·ln(⅙ / (⅓·⅓))
  // = 0.0588915 − 0.0479470 − 0.0479470 + 0.0675775 = 0.0305750
  const double label = 0.5 * std::log(9.0 / 8) + std::log(0.75) / 3 + std::log(1.5) / 6;
  EXPECT_NEAR(value(digest, "Label information", Measure::kImage), label, 1e-15);
  const double label_entropy = -2.0 / 3 * std::log(2.0 / 3) - std::log(1.0 / 3) / 3;
  EXPECT_NEAR(value(digest, "Label information", Measure::kImage, 1), label / label_entropy, 1e-15);
  EXPECT_NEAR(value(digest, "Label information", Measure::kImage, 2), 1.0 / 12, 1e-15);
  // Places tell the expert exactly: H(6/8, 2/8).
  EXPECT_NEAR(value(digest, "Place information", Measure::kImage), kQuarter, 1e-15);
  EXPECT_NEAR(value(digest, "Place information", Measure::kImage, 1), 1, 1e-15);
  EXPECT_NEAR(value(digest, "Place information", Measure::kImage, 2), 1.0 / 16, 1e-15);
  // Pieces [1 0; 1 2] of 4: ¼·ln(¼ / (¼·½)) + ¼·ln(¼ / (¾·½)) + ½·ln(½ / (¾·½)).
  EXPECT_NEAR(value(digest, "Word piece information", Measure::kText),
              0.25 * std::log(2.0) + 0.25 * std::log(2.0 / 3) + 0.5 * std::log(4.0 / 3), 1e-15);
  // Modality [6 1; 2 3] of 12.
  EXPECT_NEAR(value(digest, "Modality information", Measure::kBoth),
              0.5 * std::log(0.5 / (7.0 / 12 * 8 / 12)) +
                  1.0 / 12 * std::log(1.0 / 12 / (7.0 / 12 * 4 / 12)) +
                  1.0 / 6 * std::log(1.0 / 6 / (5.0 / 12 * 8 / 12)) +
                  0.25 * std::log(0.25 / (5.0 / 12 * 4 / 12)),
              1e-15);
  EXPECT_DOUBLE_EQ(value(digest, "Token entropy", Measure::kImage), 0.25);
  EXPECT_DOUBLE_EQ(value(digest, "Entropy of the mean", Measure::kImage), 0.75);
  EXPECT_EQ(value(digest, "Dead experts", Measure::kImage), 1);
  EXPECT_EQ(value(digest, "Dead experts", Measure::kBoth), 1);
  EXPECT_NEAR(value(digest, "Effective experts", Measure::kImage), std::exp(kQuarter), 1e-14);
  EXPECT_NEAR(value(digest, "Effective experts", Measure::kText), std::exp(kQuarter), 1e-14);
  EXPECT_DOUBLE_EQ(value(digest, "Routing success", Measure::kImage), 0.8);
  EXPECT_NEAR(value(digest, "Routing success", Measure::kText), 4.0 / 6, 1e-15);
  EXPECT_DOUBLE_EQ(value(digest, "Routing success", Measure::kBoth), 0.75);
}

// Image tokens 6, 2, 0 of three experts, text tokens 0, 4, 0.
TEST(LayerMeasures, LoadsAreByModality) {
  LayerDigest digest = smallDigest();
  digest.experts[0].kept = {6, 0};
  digest.experts[1].kept = {2, 4};
  EXPECT_EQ(value(digest, "Dead experts", Measure::kImage), 1);
  EXPECT_EQ(value(digest, "Dead experts", Measure::kText), 2);
  EXPECT_EQ(value(digest, "Dead experts", Measure::kBoth), 1);
  EXPECT_NEAR(value(digest, "Effective experts", Measure::kImage), std::exp(kQuarter), 1e-14);
  EXPECT_NEAR(value(digest, "Effective experts", Measure::kText), 1, 1e-14);
  EXPECT_NEAR(value(digest, "Effective experts", Measure::kBoth), 2, 1e-14);  // 6 and 6
  // [6 0; 2 4] of 12, halves in the rows: H(8/12, 4/12) − ½·H(2/6, 4/6), and H(⅔, ⅓) both.
  const double third = -2.0 / 3 * std::log(2.0 / 3) - std::log(1.0 / 3) / 3;
  EXPECT_NEAR(value(digest, "Modality information", Measure::kBoth), third / 2, 1e-15);
  EXPECT_NEAR(value(digest, "Modality information", Measure::kBoth, 1), 0.5, 1e-14);
}

TEST(LayerMeasures, SayWhyThereIsNoValue) {
  LayerDigest digest = smallDigest();
  for (ExpertDigest& expert : digest.experts) {
    expert.labels.clear();
    expert.pieces.clear();
    expert.kept[probe::kText] = expert.chosen[probe::kText] = 0;
  }
  digest.tokens[probe::kText] = digest.chosen[probe::kText] = digest.kept[probe::kText] = 0;
  const std::vector<Measure> measures = layerMeasures(digest);
  const auto note = [&](const QString& name, Measure::Column column) {
    return std::ranges::find(measures, name, &Measure::name)->notes[column];
  };
  EXPECT_EQ(note("Label information", Measure::kImage), "no labels recorded");
  EXPECT_EQ(note("Word piece information", Measure::kText), "no kept text tokens");
  EXPECT_EQ(note("Token entropy", Measure::kText), "no tokens");
  EXPECT_EQ(note("Dead experts", Measure::kText), "no tokens");
  EXPECT_EQ(note("Dead experts", Measure::kImage), "");
  EXPECT_EQ(note("Label information", Measure::kText), "not defined here");
  EXPECT_TRUE(std::isnan(value(digest, "Modality information", Measure::kBoth, 1)));
  digest.token_entropy.fill(std::numeric_limits<double>::quiet_NaN());
  const std::vector<Measure> without = layerMeasures(digest);
  EXPECT_EQ(
      std::ranges::find(without, QString("Token entropy"), &Measure::name)->notes[Measure::kImage],
      "not recorded");
  for (const Measure& measure : measures) {
    EXPECT_FALSE(measure.definition.isEmpty()) << measure.name.toStdString();
    EXPECT_FALSE(measure.formula.isEmpty()) << measure.name.toStdString();
    const std::string unit = measure.unit == Measure::Unit::Nats      ? "natural logarithm"
                             : measure.unit == Measure::Unit::Percent ? "per cent"
                                                                      : "number of experts";
    EXPECT_THAT(measure.definition.toStdString(), ::testing::HasSubstr(unit));
  }
  const LayerDigest none_labelled = [] {
    LayerDigest other = smallDigest();
    for (ExpertDigest& expert : other.experts) {
      expert.labels = {0, 0};
    }
    return other;
  }();
  EXPECT_EQ(layerMeasures(none_labelled).front().notes[Measure::kImage],
            "no kept patch has a label");
}

TEST(MeasureText, HasUnitsAndHonestDigits) {
  Measure measure;
  measure.values = {0.1308, 0.0002, std::numeric_limits<double>::quiet_NaN()};
  EXPECT_EQ(measureText(measure, 0), "0.131");
  EXPECT_EQ(measureText(measure, 1), "< 0.001");
  EXPECT_EQ(measureText(measure, 2), "–");
  measure.unit = Measure::Unit::Percent;
  EXPECT_EQ(measureText(measure, 0), "13.1 %");
  measure.unit = Measure::Unit::Number;
  measure.values[0] = 7.3149;
  EXPECT_EQ(measureText(measure, 0), "7.31");
  measure.unit = Measure::Unit::Count;
  measure.values[0] = 2;
  EXPECT_EQ(measureText(measure, 0), "2");
}

}  // namespace
}  // namespace limoe::gui
