// Configurations: presets of published size, layers, and every fault at once.
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "model/config_json.h"
#include "model/model_size.h"

namespace limoe::model {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::SizeIs;

std::vector<std::string> faultsOf(const std::vector<json>& layers) {
  try {
    runConfigFromLayers(layers);
  } catch (const ConfigError& error) {
    return error.faults();
  }
  return {};
}

TEST(ModelSize, H14HasThePublishedNumberOfParameters) {
  // LIMoE, section 4.2: 5.6 B parameters, 675 M applied per token; counted by hand with 16 text
  // positions.
  const ModelSize size = modelSize(runConfigFromLayers({{{"preset", "H/14"}}}).model);
  EXPECT_EQ(size.parameters, 5'553'770'241);
  EXPECT_EQ(size.parameters_per_token, 675'511'041);
}

TEST(ModelSize, DenseModelAppliesEveryParameter) {
  const ModelSize size =
      modelSize(runConfigFromLayers({{{"preset", "B/16"}}, {{"moe", nullptr}}}).model);
  EXPECT_EQ(size.parameters, size.parameters_per_token);
}

TEST(ModelSize, ATokenPassesOneOfTwoTowers) {
  const nlohmann::json sizes = {{"image_size", 16}, {"patch_size", 8}, {"text_length", 3},
                                {"vocab_size", 10}, {"width", 4},      {"mlp_dim", 6},
                                {"depth", 1},       {"heads", 2},      {"embed_dim", 5},
                                {"moe", nullptr}};
  const ModelSize one = modelSize(runConfigFromLayers({sizes}).model);
  const ModelSize two = modelSize(runConfigFromLayers({sizes, {{"towers", "two"}}}).model);
  // A tower: qkv 3·16 + 12, out 16 + 4, two norms 16, MLP 2·24 + 6 + 4, the last norm 8: 162.
  // Outside: patches 3·64·4 + 4, positions 4·4 + 3·4, vocabulary 40, projections 40, scale 1: 881.
  EXPECT_EQ(one.parameters, 881 + 162);
  EXPECT_EQ(two.parameters, 881 + 2 * 162);
  EXPECT_EQ(one.parameters_per_token, 881 + 162);
  EXPECT_EQ(two.parameters_per_token, 881 + 162);
  EXPECT_EQ(one.flops_per_pair, two.flops_per_pair);
}

TEST(Config, LaterLayersOverrideEarlierOnesKeyByKey) {
  const RunConfig run =
      runConfigFromLayers({{{"preset", "S/16"}},
                           {{"moe", {{"experts", 16}}}, {"train", {{"steps", 7}}}},
                           {{"moe", {{"top_k", 2}}}}});
  EXPECT_EQ(run.model.width, 512);
  EXPECT_EQ(run.model.moe->experts, 16);
  EXPECT_EQ(run.model.moe->top_k, 2);
  EXPECT_EQ(run.train.steps, 7);
  // S = max(1, round(E·9/32)) and round(E·20/32) with E = 16: 4.5 rounds up to 5, and 10.
  EXPECT_EQ(run.model.aux.min_experts_text, 5);
  EXPECT_EQ(run.model.aux.min_experts_image, 10);
}

TEST(Config, SettingsSwitchLossesAndPriority) {
  const auto classic = runConfigFromLayers({{{"setting", "classic"}}}).model;
  EXPECT_EQ(classic.moe->priority, Priority::Vanilla);
  EXPECT_EQ(classic.aux.coefficients, (std::array<double, 8>{1, 1, 1, 0, 0, 0, 0, 0}));
  const auto limoe = runConfigFromLayers({{{"setting", "limoe"}}}).model;
  EXPECT_EQ(limoe.moe->priority, Priority::Bpr);
  EXPECT_EQ(limoe.aux.coefficients, (std::array<double, 8>{1, 1, 1, 0, 0, 1, 1, 1}));
}

TEST(Config, ReportsEveryFaultWithItsKey) {
  const auto faults = faultsOf({{{"preset", "XXL"},
                                 {"heads", 5},
                                 {"patch_size", 7},
                                 {"colour", "red"},
                                 {"moe", {{"blocks", {1, 9}}, {"experts", "eight"}}},
                                 {"train", {{"batch_size", 0}}}}});
  EXPECT_THAT(faults, Contains(AllOf(HasSubstr("preset"), HasSubstr("XXL"), HasSubstr("H/14"))));
  EXPECT_THAT(faults, Contains(AllOf(HasSubstr("heads"), HasSubstr("128"))));
  EXPECT_THAT(faults, Contains(AllOf(HasSubstr("patch_size"), HasSubstr("96"))));
  EXPECT_THAT(faults, Contains(AllOf(HasSubstr("colour"), HasSubstr("unknown"))));
  EXPECT_THAT(faults, Contains(AllOf(HasSubstr("moe.blocks"), HasSubstr("depth (4)"))));
  EXPECT_THAT(faults, Contains(AllOf(HasSubstr("moe.experts"), HasSubstr("eight"))));
  EXPECT_THAT(faults, Contains(HasSubstr("train.batch_size")));
  EXPECT_THAT(faults, SizeIs(7));
}

TEST(Config, SurvivesARoundTripThroughJson) {
  const RunConfig run = runConfigFromLayers(
      {{{"preset", "L/32"}, {"setting", "gshard"}, {"towers", "two"}, {"train", {{"seed", 5}}}}});
  const RunConfig again = runConfigFromLayers({json::parse(toJson(run).dump())});
  EXPECT_EQ(toJson(again).dump(), toJson(run).dump());
}

TEST(Config, AModelConfigurationMustBeComplete) {
  EXPECT_THROW(modelConfigFromJson({{"width", 16}}), ConfigError);
}

TEST(Config, LiveChangesAreCheckedAndLimited) {
  const RunConfig run = runConfigFromLayers({});
  const RunConfig changed = withLiveChanges(
      run, {{"aux.weight", 0.1}, {"moe.priority", "vanilla"}, {"train.learning_rate", 0.002}});
  EXPECT_DOUBLE_EQ(changed.model.aux.weight, 0.1);
  EXPECT_EQ(changed.model.moe->priority, Priority::Vanilla);
  EXPECT_DOUBLE_EQ(changed.train.learning_rate, 0.002);
  EXPECT_THROW(withLiveChanges(run, {{"width", 64}}), ConfigError);
  EXPECT_THROW(withLiveChanges(run, {{"aux.weight", -1}}), ConfigError);
  EXPECT_THROW(withLiveChanges(run, {{"aux.nothing", 1}}), ConfigError);
  EXPECT_THROW(withLiveChanges(run, json::object()), ConfigError);
}

TEST(Config, AssignmentsReachNestedKeys) {
  EXPECT_EQ(layerFromAssignment("moe.experts=16"), (json{{"moe", {{"experts", 16}}}}));
  EXPECT_EQ(layerFromAssignment("towers=two"), (json{{"towers", "two"}}));
  EXPECT_THROW(layerFromAssignment("experts"), ConfigError);
}

TEST(Config, FileErrorsNameTheFile) {
  const std::string path = testing::TempDir() + std::to_string(getpid()) + "-broken.json";
  std::ofstream(path) << "{\"width\": 16,,}";
  EXPECT_THAT([&] { readJsonFile(path); },
              testing::ThrowsMessage<ConfigError>(AllOf(HasSubstr(path), HasSubstr("line 1"))));
  EXPECT_THAT([] { readJsonFile("/nowhere/x.json"); },
              testing::ThrowsMessage<ConfigError>(HasSubstr("/nowhere/x.json")));
  std::filesystem::remove(path);
}

void expectRefused(const std::string& path, const std::string& reason) {
  EXPECT_THAT([&] { readJsonFile(path); },
              testing::ThrowsMessage<ConfigError>(AllOf(HasSubstr(path), HasSubstr(reason))));
}

TEST(Config, FilesThatAreNoConfigurationsAreNamed) {
  const std::string path = testing::TempDir() + std::to_string(getpid()) + "-strange.json";
  const auto holding = [&path](const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
    return path;
  };
  expectRefused(testing::TempDir(), "is a folder");
  expectRefused(holding(""), "not valid JSON");
  expectRefused(holding(std::string("\x89HDF\r\n\x1a\n\0\0", 10)), "not valid JSON");
  expectRefused(holding("{\"preset\": \"\xff\xfe\"}"), "not valid JSON");
  expectRefused(holding(R"({"width": 16, "width": 32})"), "\"width\" is given twice");
  expectRefused(holding(std::string(1'000'000, '[')), "levels deep");
  expectRefused(holding(R"({"moe":)" + std::string(40, '[') + std::string(40, ']') + "}"),
                "levels deep");
  // A file of ten gigabytes is not read, and what no disk holds neither.
  std::filesystem::resize_file(holding("{}"), uintmax_t{10} << 30);
  expectRefused(path, "longer than");
  std::filesystem::remove(path);
  expectRefused("/dev/zero", "longer than");
}

TEST(Config, TextThatIsNotUtf8IsRefusedBeforeItIsRecorded) {
  const json layer = layerFromAssignment("data.source=/photos/\xff\xfe");
  EXPECT_THAT(faultsOf({layer}), Contains(AllOf(HasSubstr("data.source"), HasSubstr("UTF-8"))));
  EXPECT_THAT(faultsOf({layerFromAssignment("\xff=1")}), SizeIs(1));
  // Nor do control characters reach a terminal, or end a message early.
  EXPECT_THAT(faultsOf({json::parse("{\"\\u0000\\u001bc\": 1}")}),
              Contains(HasSubstr("??c: unknown")));
}

TEST(Config, AssignmentsWithStrangeKeysAreRefused) {
  for (const char* text : {"a..b=1", ".=1", "a.=1", ".a=1", "=1"}) {
    EXPECT_THROW(layerFromAssignment(text), ConfigError) << text;
  }
  EXPECT_THAT(faultsOf({layerFromAssignment("moe/experts=1")}),
              Contains(HasSubstr("moe/experts: unknown key")));
  EXPECT_THAT(faultsOf({layerFromAssignment("a~b=1")}), Contains(HasSubstr("a~b: unknown key")));
  EXPECT_THAT(faultsOf({layerFromAssignment("width.x=1")}), Contains(HasSubstr("width: must be")));
  EXPECT_THROW(layerFromAssignment("width=" + std::string(1000, '[') + std::string(1000, ']')),
               ConfigError);
}

TEST(Config, LiveChangesOfStrangeKeysAreRefused) {
  const RunConfig run = runConfigFromLayers({});
  for (const char* key : {"aux.weight.x", "aux.", "aux.a~b", "aux.a/b"}) {
    EXPECT_THROW(withLiveChanges(run, {{key, 1}}), ConfigError) << key;
  }
}

TEST(Config, SizesThatNoMachineHoldsAreRefused) {
  for (const json& number : {json(1e18), json(int64_t{1} << 62), json(UINT64_MAX), json(-1)}) {
    for (const char* key : {"image_size", "patch_size", "text_length", "vocab_size", "width",
                            "mlp_dim", "depth", "heads", "embed_dim"}) {
      EXPECT_THAT(faultsOf({{{key, number}}}), Contains(HasSubstr(key))) << number;
    }
    EXPECT_THAT(faultsOf({{{"moe", {{"experts", number}}}}}), Contains(HasSubstr("moe.experts")));
  }
  // Each within its range, too much together.
  EXPECT_THAT(faultsOf({{{"width", 65536}, {"mlp_dim", 1000000}, {"depth", 1024}}}),
              Contains(HasSubstr("parameters")));
  EXPECT_THAT(faultsOf({{{"image_size", 4096}, {"patch_size", 1}}}),
              Contains(HasSubstr("16777216 patches")));
  EXPECT_THAT(faultsOf({{{"image_size", 4096}, {"train", {{"batch_size", 1000000}}}}}),
              Contains(HasSubstr("train.batch_size")));
}

TEST(Config, ManyFaultsDoNotMakeAMessageOfMegabytes) {
  json layer = json::object();
  for (int i = 0; i < 100'000; ++i) {
    layer["key" + std::to_string(i)] = i;
  }
  const auto faults = faultsOf({layer});
  EXPECT_LT(faults.size(), 30u);
  EXPECT_THAT(faults, Contains(HasSubstr("more unknown keys")));
}

}  // namespace
}  // namespace limoe::model
