#include "gui/compare/config_words.h"

#include <gmock/gmock.h>

namespace limoe::gui {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kLimoe =
    R"({"preset":"tiny","setting":"limoe","moe":{"blocks":[1,3],"experts":10,"priority":"bpr"},)"
    R"("aux":{"weight":0.04,"z":1.0,"local_text":1.0,"gshard":0.0},"train":{"steps":400,"seed":0}})";
const std::string kClassic =
    R"({"preset":"tiny","setting":"classic","moe":{"blocks":[1,3],"experts":8,"priority":"vanilla"},)"
    R"("aux":{"weight":0.04,"z":0.5,"local_text":0.0,"gshard":1.0},"train":{"steps":400,"seed":2}})";
const std::string kDense =
    R"({"preset":"tiny","setting":"none","aux":{"weight":0.04},"train":{"steps":400,"seed":0}})";

TEST(ConfigWords, NamesTheKeysThatDiffer) {
  const auto differences = configDifferences({kLimoe, kClassic});
  QStringList keys;
  for (const auto& difference : differences) {
    keys << difference.key;
  }
  EXPECT_THAT(keys, ElementsAre("setting", "moe.experts", "moe.priority", "aux.z", "aux.local_text",
                                "aux.gshard", "train.seed"));
  EXPECT_THAT(differences[1].values, ElementsAre("10", "8"));
  EXPECT_TRUE(configDifferences({kLimoe, kLimoe}).empty());
}

TEST(ConfigWords, AKeyThatARunHasNotIsADash) {
  const auto differences = configDifferences({kLimoe, kDense});
  const auto blocks = std::find_if(differences.begin(), differences.end(),
                                   [](const auto& one) { return one.key == "moe.blocks"; });
  ASSERT_NE(blocks, differences.end());
  EXPECT_THAT(blocks->values, ElementsAre("[1,3]", "–"));
}

TEST(ConfigWords, SaysLossesAndPriorityInWords) {
  const std::string words = differenceInWords(kLimoe, kClassic, "demo").toStdString();
  EXPECT_THAT(words, HasSubstr("setting classic (demo: limoe)"));
  EXPECT_THAT(words, HasSubstr("no batch priority routing (BPR)"));
  EXPECT_THAT(words, HasSubstr("local text entropy loss off"));
  EXPECT_THAT(words, HasSubstr("gshard loss on"));
  EXPECT_THAT(words, HasSubstr("z-loss 0.5 (demo: 1.0)"));
  EXPECT_THAT(words, HasSubstr("moe.experts 8 (demo: 10)"));
  EXPECT_THAT(words, HasSubstr("train.seed 2 (demo: 0)"));
  EXPECT_EQ(differenceInWords(kLimoe, kLimoe, "demo"), "");
}

TEST(ConfigWords, ADenseRunIsCalledThat) {
  const std::string words = differenceInWords(kLimoe, kDense, "demo").toStdString();
  EXPECT_THAT(words, HasSubstr("dense (no experts)"));
  EXPECT_THAT(words, Not(HasSubstr("moe.")));
  EXPECT_THAT(differenceInWords(kDense, kLimoe, "d").toStdString(),
              HasSubstr("with experts (d: dense)"));
}

TEST(ConfigWords, RepetitionsDifferOnlyInTheSeed) {
  std::string other_seed = kLimoe;
  other_seed.replace(other_seed.find("\"seed\":0"), 8, "\"seed\":9");
  EXPECT_EQ(withoutSeed(kLimoe), withoutSeed(other_seed));
  EXPECT_NE(withoutSeed(kLimoe), withoutSeed(kClassic));
}

TEST(ConfigWords, WhatIsNoJsonIsNoConfiguration) {
  EXPECT_TRUE(configDifferences({"", "oops"}).empty());
  EXPECT_EQ(configDifferences({"{\"a\":1}", ""}).size(), 1u);
}

}  // namespace
}  // namespace limoe::gui
