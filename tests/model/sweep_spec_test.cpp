// A sweep's specification: which runs it asks for, and every fault with its place.
#include "model/sweep_spec.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace limoe::model {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

std::vector<std::string> faultsOf(const char* text) {
  try {
    sweepSpecFromJson(json::parse(text));
  } catch (const ConfigError& error) {
    return error.faults();
  }
  return {};
}

TEST(SweepSpec, EveryVariantWithEverySeed) {
  const SweepSpec spec = sweepSpecFromJson(json::parse(R"({
    "name": "losses", "steps": 30, "seeds": [4, 2],
    "base": {"moe": {"experts": 6, "noise_std": 0.5}, "train": {"steps": 99, "batch_size": 16}},
    "variants": [{"setting": "classic"},
                 {"name": "limoe-2", "setting": "limoe",
                  "set": {"aux.weight": 0.5, "moe": {"top_k": 2}}},
                 {"name": "dense", "setting": "none", "set": {"moe": null}}]})"));
  std::vector<std::string> names;
  for (const SweepRun& run : spec.runs) {
    names.push_back(run.name());
    EXPECT_EQ(run.config.train.steps, 30);
    EXPECT_EQ(run.config.train.batch_size, 16);
    EXPECT_EQ(run.config.train.seed, run.seed);
  }
  EXPECT_THAT(names, ElementsAre("classic-seed4", "limoe-2-seed4", "dense-seed4", "classic-seed2",
                                 "limoe-2-seed2", "dense-seed2"));
  const ModelConfig& classic = spec.runs[0].config.model;
  EXPECT_EQ(classic.moe->experts, 6);
  EXPECT_EQ(classic.moe->priority, Priority::Vanilla);
  EXPECT_EQ(classic.aux.coefficient(AuxLoss::GlobalText), 0);
  const ModelConfig& limoe = spec.runs[1].config.model;
  EXPECT_EQ(limoe.moe->top_k, 2);
  EXPECT_EQ(limoe.moe->noise_std, 0.5);
  EXPECT_EQ(limoe.moe->priority, Priority::Bpr);
  EXPECT_EQ(limoe.aux.weight, 0.5);
  EXPECT_FALSE(spec.runs[2].config.model.moe);
}

TEST(SweepSpec, AVariantsOwnStepsAreItsOwn) {
  const SweepSpec spec = sweepSpecFromJson(json::parse(R"({
    "name": "a", "steps": 30,
    "variants": [{"name": "short"}, {"name": "long", "set": {"train.steps": 40}}]})"));
  EXPECT_EQ(spec.runs[0].config.train.steps, 30);
  EXPECT_EQ(spec.runs[1].config.train.steps, 40);
}

TEST(SweepSpec, SeedsAreCountedFromZeroAndOneWhereNotSaid) {
  EXPECT_THAT(
      sweepSpecFromJson(json::parse(R"({"name": "a", "seeds": 3, "variants": [{"name": "b"}]})"))
          .seeds,
      ElementsAre(0, 1, 2));
  EXPECT_THAT(sweepSpecFromJson(json::parse(R"({"name": "a", "variants": [{"name": "b"}]})")).seeds,
              ElementsAre(0));
}

TEST(SweepSpec, SaysEveryFaultWithItsPlace) {
  const auto faults = faultsOf(R"({
    "name": "a/b", "seeds": -1, "stepps": 3, "base": {"heads": 5, "train": {"beta1": 7}},
    "variants": [{"name": "x", "set": {"moe.experts": 0}}, {"name": "x", "set": 5},
                 {"name": "y", "set": {"train.seed": 1}}, 7]})");
  for (const char* start : {"name: must be a name", "seeds: must be", "stepps: unknown key",
                            "base: heads", "base: train.beta1", "variants[0] (x): moe.experts",
                            "variants[1].set: must be an object", "variants[1] (x): the name",
                            "variants[2].set: train.seed", "variants[3].: must be an object"}) {
    EXPECT_THAT(faults, Contains(StartsWith(start)));
  }
  EXPECT_EQ(std::count_if(faults.begin(), faults.end(),
                          [](const auto& fault) { return fault.find("heads") != fault.npos; }),
            1)
      << "told of the base, not of every variant";
}

TEST(SweepSpec, RefusesWhatIsNoSpecification) {
  EXPECT_THAT(faultsOf("[]"), Contains(HasSubstr("must be an object")));
  EXPECT_THAT(faultsOf(R"({"name": "a"})"), Contains(HasSubstr("variants: must be a list")));
  EXPECT_THAT(faultsOf(R"({"name": "a", "variants": []})"), Contains(HasSubstr("variants")));
  EXPECT_THAT(faultsOf(R"({"name": "a", "seeds": [1, 1], "variants": [{"name": "b"}]})"),
              Contains(StartsWith("seeds")));
  EXPECT_THAT(faultsOf(R"({"name": "a", "base": 3, "variants": [{"name": "b"}]})"),
              Contains(StartsWith("base: a configuration must be an object")));
  EXPECT_THAT(faultsOf(R"({"name": "a", "variants": [{"name": "..", "setting": "limoe"}]})"),
              Contains(StartsWith("variants[0].name")));
}

}  // namespace
}  // namespace limoe::model
