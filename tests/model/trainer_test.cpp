// Training: the loss falls, a checkpoint resumes bit for bit, bad numbers stop the run.
#include "model/training/trainer.h"

#include <gmock/gmock.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "model/config_json.h"
#include "model/safetensors.h"

namespace limoe::model {
namespace {

RunConfig smallRun(const nlohmann::json& changes = nlohmann::json::object()) {
  torch::set_num_threads(1);  // bit-for-bit comparisons
  return runConfigFromLayers(
      {{{"image_size", 32},
        {"patch_size", 8},
        {"width", 32},
        {"mlp_dim", 64},
        {"depth", 2},
        {"heads", 2},
        {"embed_dim", 16},
        {"vocab_size", 50},
        {"text_length", 6},
        {"moe", {{"blocks", {1}}, {"experts", 4}}},
        {"train",
         {{"batch_size", 8}, {"steps", 60}, {"warmup_steps", 5}, {"learning_rate", 3e-3}}}},
       changes});
}

/// Eight pairs that can be told apart: a colour and a word each.
Batch pairs(const ModelConfig& model, int64_t index) {
  Batch batch;
  batch.index = index;
  batch.pairs = 8;
  const int64_t pixels = model.image_size * model.image_size;
  for (int64_t b = 0; b < batch.pairs; ++b) {
    for (int64_t channel = 0; channel < 3; ++channel) {
      const float shade = ((b >> channel) & 1) != 0 ? 0.8F : -0.8F;
      batch.images.insert(batch.images.end(), static_cast<std::size_t>(pixels), shade);
    }
    for (int64_t t = 0; t < model.text_length; ++t) {
      batch.token_ids.push_back(t < 3 ? 3 + b : 0);
      batch.token_mask.push_back(t < 3 ? 1 : 0);
    }
  }
  return batch;
}

std::filesystem::path scratch(const char* name) {
  const auto path = std::filesystem::path(testing::TempDir()) / name;
  std::filesystem::remove_all(path);
  std::filesystem::create_directories(path);
  return path;
}

TEST(Trainer, LearnsToMatchPairs) {
  const RunConfig run = smallRun();
  Trainer trainer(run);
  const double first = trainer.step(pairs(run.model, 0)).contrastive;
  StepResult last;
  while (trainer.stepsDone() < 60) {
    last = trainer.step(pairs(run.model, trainer.stepsDone()));
  }
  EXPECT_GT(first, 1.5);
  EXPECT_LT(last.contrastive, 0.3);
  EXPECT_EQ(last.image_accuracy, 1.0);
}

TEST(Trainer, ResumesFromACheckpointBitForBit) {
  const RunConfig run = smallRun();
  const auto folder = scratch("resume");
  Trainer straight(run);
  std::vector<double> expected;
  for (int64_t s = 0; s < 6; ++s) {
    if (s == 3) {
      straight.saveCheckpoint(folder, 12.5);
    }
    expected.push_back(straight.step(pairs(run.model, s)).loss);
  }
  Trainer resumed(run);
  EXPECT_EQ(resumed.loadCheckpoint(checkpointsIn(folder).front()), 12.5);
  EXPECT_EQ(resumed.stepsDone(), 3);
  for (int64_t s = 3; s < 6; ++s) {
    EXPECT_EQ(resumed.step(pairs(run.model, s)).loss, expected[static_cast<std::size_t>(s)]);
  }
}

TEST(Trainer, NoiseChangesRoutingAndSeedsRepeatIt) {
  const RunConfig noisy = smallRun();
  const RunConfig quiet = smallRun({{"moe", {{"noise_std", 0}}}});
  const auto loss = [](const RunConfig& run) {
    return Trainer(run).step(pairs(run.model, 0)).layers[0].noisy_logits.clone();
  };
  EXPECT_TRUE(torch::equal(loss(noisy), loss(noisy)));
  EXPECT_FALSE(torch::equal(loss(noisy), loss(quiet)));
}

TEST(Trainer, StopsAtNaNAndKeepsTheWeights) {
  const RunConfig run = smallRun();
  Trainer trainer(run);
  trainer.step(pairs(run.model, 0));
  const auto before = parametersOf(trainer.model()).tensors.at("image_pos").clone();
  Batch bad = pairs(run.model, 1);
  bad.images[5] = NAN;
  EXPECT_THROW(trainer.step(bad), NonFiniteError);
  EXPECT_TRUE(torch::equal(before, parametersOf(trainer.model()).tensors.at("image_pos")));
  EXPECT_EQ(trainer.stepsDone(), 1);
}

TEST(Trainer, LearningRateWarmsUpAndFollowsACosine) {
  TrainConfig train;
  train.steps = 110;
  train.warmup_steps = 10;
  train.learning_rate = 1.0;
  train.final_learning_rate = 0.0;
  EXPECT_DOUBLE_EQ(scheduledLearningRate(train, 0), 0.1);
  EXPECT_DOUBLE_EQ(scheduledLearningRate(train, 9), 1.0);
  EXPECT_DOUBLE_EQ(scheduledLearningRate(train, 10), 1.0);
  EXPECT_NEAR(scheduledLearningRate(train, 60), 0.5, 1e-12);
  EXPECT_NEAR(scheduledLearningRate(train, 110), 0.0, 1e-12);
}

TEST(Model, RefusesInputsThatDoNotFit) {
  const RunConfig run = smallRun();
  Limoe model(run.model, 0);
  auto inputs = inputsOf(pairs(run.model, 0), run.model);
  auto wrong = inputs;
  wrong.images = torch::zeros({8, 3, 16, 16});
  EXPECT_THROW(model.forward(wrong), std::invalid_argument);
  wrong = inputs;
  wrong.token_ids = torch::full({8, 6}, 50, torch::kInt64);
  EXPECT_THROW(model.forward(wrong), std::invalid_argument);
  wrong = inputs;
  wrong.token_mask = torch::zeros({8, 6}, torch::kBool);
  EXPECT_THROW(model.forward(wrong), std::invalid_argument);
}

TEST(Model, PaddingDoesNotMatter) {
  const RunConfig run = smallRun();
  Limoe model(run.model, 0);
  const torch::NoGradGuard no_grad;
  auto inputs = inputsOf(pairs(run.model, 0), run.model);
  const auto first = model.forward(inputs);
  inputs.token_ids = inputs.token_ids.masked_fill(inputs.token_mask.logical_not(), 999);
  const auto second = model.forward(inputs);
  EXPECT_TRUE(torch::equal(first.text_embedding, second.text_embedding));
  EXPECT_TRUE(torch::equal(first.image_embedding, second.image_embedding));
}

TEST(Checkpoint, NamesEveryTensorThatDoesNotFit) {
  const auto folder = scratch("misfit");
  const RunConfig run = smallRun();
  TensorFile file = parametersOf(Limoe(run.model, 0));
  file.tensors.erase("image_pos");
  file.tensors["text_pos"] = torch::zeros({2, 2});
  file.tensors["stranger"] = torch::zeros({1});
  const auto path = folder / "model.safetensors";
  writeSafetensors(path, file);
  EXPECT_THAT([&] { loadModel(path); },
              testing::ThrowsMessage<SafetensorsError>(testing::AllOf(
                  testing::HasSubstr("missing: image_pos"), testing::HasSubstr("text_pos"),
                  testing::HasSubstr("superfluous: stranger"), testing::HasSubstr(path.string()))));
}

}  // namespace
}  // namespace limoe::model
