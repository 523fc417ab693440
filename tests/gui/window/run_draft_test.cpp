// A configuration that is being put together: what differs, what is at fault, how large it is, and
// the command line that gives the same.
#include <gmock/gmock.h>

#include <QProcess>
#include <nlohmann/json.hpp>
#include <random>

#include "gui/steer/config_keys.h"
#include "gui/steer/run_draft.h"
#include "gui/steer/run_sizes.h"
#include "gui/steer/shell_words.h"
#include "model/config_json.h"

namespace limoe::gui::test {
namespace {

using nlohmann::json;
using testing::ElementsAre;

json plain(const model::RunConfig& config) {
  return json::parse(model::toJson(config).dump());
}

/// As `limoe train` reads its options (routing_probe/worker/train_command.cpp): names first, then
/// each --set laid over the one before.
model::RunConfig configOf(const QStringList& options, std::vector<json> layers = {}) {
  json names = json::object();
  std::vector<json> sets;
  for (qsizetype i = 0; i + 1 < options.size(); i += 2) {
    const std::string value = options[i + 1].toStdString();
    if (options[i] == "--set") {
      sets.push_back(model::layerFromAssignment(value));
    } else if (options[i] == "--preset") {
      layers.push_back({{"preset", value}});
    } else if (options[i] == "--setting") {
      names["setting"] = value;
    } else {
      ADD_FAILURE() << options[i].toStdString();
    }
  }
  layers.push_back(names);
  layers.insert(layers.end(), sets.begin(), sets.end());
  return model::runConfigFromLayers(layers);
}

/// Another value of the same kind that alone, or with few others, is allowed.
json otherValue(const ConfigKey& key, std::mt19937& random) {
  const auto pick = [&](std::initializer_list<json> values) {
    return *(values.begin() + random() % values.size());
  };
  if (!key.choices.isEmpty()) {
    return valueFromText(key, key.choices[random() % static_cast<unsigned>(key.choices.size())]);
  }
  if (key.key == "moe.blocks") {
    return pick({json{0}, json{1, 2, 3}, json{2}});
  }
  return key.kind == ValueKind::Integer ? pick({1, 2, 4, 64, 960})
                                        : pick({0.1, 1.0 / 3, 1e-7, 2, 0.07000000000000001});
}

TEST(ConfigKeys, EveryValueOfAConfigurationIsExplained) {
  std::set<std::string> of_configuration;
  const json config = plain(model::runConfigFromLayers({}));
  for (const auto& [key, value] : config.items()) {
    if (!value.is_object()) {
      of_configuration.insert(key);
      continue;
    }
    for (const auto& [inner, ignored] : value.items()) {
      of_configuration.insert(key + "." + inner);
    }
  }
  of_configuration.erase("preset");
  of_configuration.erase("setting");
  of_configuration.insert("moe");  // experts, or dense
  std::set<std::string> of_table;
  for (const ConfigGroup& group : configGroups()) {
    for (const ConfigKey& key : group.keys) {
      EXPECT_TRUE(of_table.insert(key.key).second) << key.key << " twice";
      EXPECT_TRUE(key.sentence.endsWith('.')) << key.key;
      EXPECT_FALSE(key.title.isEmpty());
      EXPECT_EQ(key.choices.isEmpty(), key.kind == ValueKind::Integer ||
                                           key.kind == ValueKind::Number ||
                                           key.kind == ValueKind::Blocks)
          << key.key;
      EXPECT_TRUE(!key.choices.isEmpty() || !rangeText(key.key).isEmpty()) << key.key;
    }
  }
  EXPECT_EQ(of_table, of_configuration);
  EXPECT_EQ(rangeText("moe.experts").toStdString(), "a whole number from 1 to 4096");
  EXPECT_EQ(rangeText("train.beta2").toStdString(), "a number from 0 to 0.999999");
}

TEST(ConfigKeys, WhatIsTypedBecomesAValueOrStaysWhatItIs) {
  const ConfigKey& experts = *findConfigKey("moe.experts");
  const ConfigKey& rate = *findConfigKey("train.learning_rate");
  const ConfigKey& blocks = *findConfigKey("moe.blocks");
  EXPECT_EQ(valueFromText(experts, " 16 "), json(16));
  EXPECT_EQ(valueFromText(experts, "sixteen"), json("sixteen"));
  EXPECT_EQ(valueFromText(rate, "1e-3"), json(0.001));
  EXPECT_EQ(valueFromText(rate, "0,001"), json("0,001"));
  EXPECT_EQ(valueFromText(rate, "nan"), json("nan"));
  EXPECT_EQ(valueFromText(blocks, "1, 3"), json({1, 3}));
  EXPECT_EQ(valueFromText(blocks, "[1 3]"), json({1, 3}));
  EXPECT_EQ(valueFromText(blocks, "1, x"), json("1, x"));
  EXPECT_EQ(valueText(json(0.001)).toStdString(), "0.001");
  EXPECT_EQ(valueText(json(1.0)).toStdString(), "1");
  EXPECT_EQ(valueText(json({1, 3})).toStdString(), "1, 3");
}

TEST(RunDraft, SaysWhatDiffersAndTakesItBack) {
  RunDraft draft;
  EXPECT_TRUE(draft.changes().empty());
  draft.set("moe.experts", 16);
  draft.set("aux.weight", 0.1);
  EXPECT_THAT(draft.changes(), ElementsAre("aux.weight", "moe.experts"));
  // The soft minima follow E: max(1, round(16·9/32)) = 5 (4.5 rounds up) and 16·20/32 = 10.
  EXPECT_EQ(draft.value("aux.min_experts_text"), json(5));
  EXPECT_EQ(draft.value("aux.min_experts_image"), json(10));
  EXPECT_EQ(draft.options(), (QStringList{"--preset", "tiny", "--setting", "limoe", "--set",
                                          "aux.weight=0.1", "--set", "moe.experts=16"}));
  draft.set("aux.weight", 0.04);
  EXPECT_THAT(draft.changes(), ElementsAre("moe.experts"));
  // Classic has no local text entropy; what the user set stays, and still differs.
  draft.setSetting("classic");
  EXPECT_EQ(draft.value("aux.local_text"), json(0));
  EXPECT_EQ(draft.value("moe.priority"), json("vanilla"));
  EXPECT_EQ(draft.value("moe.experts"), json(16));
  // S/32 has 32 experts: what was set to that is no change then.
  draft.set("moe.experts", 32);
  draft.setPreset("S/32");
  EXPECT_TRUE(draft.changes().empty());
  draft.set("width", 1024);
  draft.resetAll();
  EXPECT_EQ(draft.value("width"), json(512));
}

TEST(RunDraft, NamesTheFieldOfEveryFault) {
  RunDraft draft;
  draft.set("heads", 5);
  draft.set("moe.top_k", 11);
  draft.set("train.steps", "many");
  const DraftCheck check = draft.check();
  EXPECT_FALSE(check.isFine());
  EXPECT_EQ(check.faults.size(), 3u);
  EXPECT_EQ(check.faults.at("heads"), QStringList("must divide width (128), is 5"));
  EXPECT_EQ(check.faults.at("moe.top_k"), QStringList("must be at most moe.experts (10), is 11"));
  EXPECT_THAT(check.faults.at("train.steps").join("").toStdString(),
              testing::HasSubstr("must be a whole number"));
  draft.reset("heads");
  draft.reset("moe.top_k");
  draft.set("train.steps", 12);
  EXPECT_TRUE(draft.check().isFine());
}

TEST(RunDraft, ADenseModelHasNoRouterToSet) {
  RunDraft draft;
  draft.set("moe.experts", 16);
  draft.set("moe", "dense");
  EXPECT_FALSE(draft.whyLocked("moe.experts").isEmpty());
  EXPECT_TRUE(draft.whyLocked("aux.weight").isEmpty());
  EXPECT_EQ(draft.options(),
            (QStringList{"--preset", "tiny", "--setting", "limoe", "--set", "moe=null"}));
  ASSERT_TRUE(draft.check().isFine());
  EXPECT_FALSE(draft.check().config->model.moe);
  draft.reset("moe");
  EXPECT_EQ(draft.check().config->model.moe->experts, 16);
}

TEST(RunDraft, TheCommandLineGivesTheSameConfiguration) {
  std::mt19937 random(7);
  int fine = 0;
  for (int trial = 0; trial < 2000; ++trial) {
    RunDraft draft;
    const auto presets = model::presetNames();
    const auto settings = model::settingNames();
    draft.setPreset(std::string(presets[random() % presets.size()]));
    draft.setSetting(std::string(settings[random() % settings.size()]));
    for (const ConfigGroup& group : configGroups()) {
      for (const ConfigKey& key : group.keys) {
        if (random() % 12 == 0) {
          draft.set(key.key, otherValue(key, random));
        }
      }
    }
    const DraftCheck check = draft.check();
    if (check.isFine()) {
      ++fine;
      EXPECT_EQ(plain(*check.config), plain(configOf(draft.options())))
          << draft.options().join(' ').toStdString();
    }
  }
  EXPECT_GT(fine, 200);
}

TEST(RunDraft, AForkKeepsWhatItsWeightsAreMadeFor) {
  ForkPoint parent{200, model::runConfigFromLayers({{{"preset", "tiny"},
                                                     {"setting", "classic"},
                                                     {"train", {{"steps", 200}}},
                                                     {"aux", {{"weight", 0.02}}}}})};
  RunDraft draft(parent);
  EXPECT_EQ(draft.value("aux.weight"), json(0.02));
  for (const char* key :
       {"moe.experts", "moe.blocks", "width", "heads", "vocab_size", "gelu", "data.seed", "moe"}) {
    EXPECT_FALSE(draft.whyLocked(key).isEmpty()) << key;
  }
  for (const char* key :
       {"aux.weight", "moe.top_k", "moe.capacity_factor", "train.seed", "record.every"}) {
    EXPECT_TRUE(draft.whyLocked(key).isEmpty()) << key;
  }
  // The parent's 200 steps are over: as many again, and not fewer than one.
  EXPECT_EQ(draft.options(), (QStringList{"--set", "train.steps=400"}));
  draft.set("train.steps", 200);
  EXPECT_EQ(draft.check().faults.at("train.steps"),
            QStringList("the fork begins at step 200, so it needs more than that"));
  draft.set("train.steps", 300);
  draft.setSetting("limoe");
  draft.set("aux.weight", 0.5);
  ASSERT_TRUE(draft.check().isFine());
  EXPECT_EQ(draft.options(), (QStringList{"--setting", "limoe", "--set", "aux.weight=0.5", "--set",
                                          "train.steps=300"}));
  EXPECT_EQ(plain(*draft.check().config), plain(configOf(draft.options(), {plain(parent.config)})));
  EXPECT_EQ(draft.check().config->setting, "limoe");
}

TEST(RunSizes, AreThoseOfTheDemo) {
  const RunSizes sizes = runSizes(model::runConfigFromLayers({}));
  // 12 · 12 patches and 24 text positions of 32 pairs; C = ⌈5376 · 1.2 / 10⌉ = ⌈645.12⌉.
  EXPECT_EQ(sizes.group_image_tokens, 32 * 144);
  EXPECT_EQ(sizes.group_text_tokens, 32 * 24);
  EXPECT_EQ(sizes.capacity, 646);
  // Two layers of 64 samples of 168 tokens: expert 1, gate 2, kept 1, runner-up 1, margin 2, order
  // 4 and ten probabilities of 4 bytes; embeddings 64 · 2 · 128 · 2; tokens 2 · 2 · 10 · 4; step 8.
  EXPECT_TRUE(sizes.has_probabilities);
  EXPECT_EQ(sizes.snapshot_bytes, 2 * 64 * 168 * 51 + 32768 + 160 + 8);
  EXPECT_EQ(sizes.snapshots, 9);  // steps 0, 50, … 400
  EXPECT_EQ(runSizes(model::runConfigFromLayers({{{"train", {{"steps", 401}}}}})).snapshots, 10);
  // With 32 images the distributions of 32 experts in 6 layers take 32 · 6 · 212 · 32 · 4 = 5.2 MB.
  const auto large =
      model::runConfigFromLayers({{{"preset", "B/16"}, {"record", {{"probe_samples", 32}}}}});
  EXPECT_FALSE(runSizes(large).has_probabilities);
  EXPECT_EQ(runSizes(model::runConfigFromLayers({{{"moe", nullptr}}})).capacity, 0);
  // Two towers: ⌈4608 · 1.2 / 10⌉ and ⌈768 · 1.2 / 10⌉.
  const RunSizes two = runSizes(model::runConfigFromLayers({{{"towers", "two"}}}));
  EXPECT_EQ(two.capacity, 553);
  EXPECT_EQ(two.text_capacity, 93);
}

TEST(ShellWords, ArriveAsTheyWere) {
  const QStringList words = {"plain", "moe.blocks=[1,3]", "a b",  "",    "it's", "$HOME `id` \\",
                             "~/x",   "line\nend",        "*.h5", "#no", "=x"};
  QProcess shell;
  shell.start("sh", {"-c", "for w in " + shellCommand(words) + "; do printf '%s\\0' \"$w\"; done"});
  ASSERT_TRUE(shell.waitForFinished());
  QStringList arrived = QString::fromUtf8(shell.readAllStandardOutput()).split(QChar(0));
  arrived.removeLast();
  EXPECT_EQ(arrived, words);
  EXPECT_EQ(shellCommand({"limoe", "--set", "aux.weight=0.1", "/tmp/a-b_c"}).toStdString(),
            "limoe --set aux.weight=0.1 /tmp/a-b_c");
}

}  // namespace
}  // namespace limoe::gui::test
