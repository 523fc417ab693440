// `limoe verify`: does this model compute what an independent implementation computed?
#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "model/config_json.h"
#include "model/losses.h"
#include "model/safetensors.h"
#include "routing_probe/worker/commands.h"

namespace limoe::probe {
namespace {

using model::TensorFile;
namespace fs = std::filesystem;

struct VerifyOptions {
  std::string folder;
  std::string out;
  double rtol = 1e-4;
  double atol = 1e-6;
};

/// One evaluation of a case: "expected.safetensors" in training mode, "expected_eval.safetensors"
/// in evaluation mode.
struct Pass {
  bool training;
  fs::path expected;
  fs::path out;
};

void addLayer(TensorFile& result, const std::string& prefix, const model::RoutingTrace& trace,
              const model::ModelConfig& config) {
  const int64_t experts = config.moe->experts;
  const auto& begin = trace.layout->group_begin;
  auto& t = result.tensors;
  t[prefix + "logits"] = trace.logits.detach();
  t[prefix + "probabilities"] = trace.probabilities.detach();
  t[prefix + "expert_index"] = trace.expert_index;
  t[prefix + "gate"] = trace.gate.detach();
  t[prefix + "kept"] = trace.kept;
  t[prefix + "capacity"] = torch::tensor(trace.capacity, torch::kInt64);
  std::vector<int64_t> group_tokens;
  for (std::size_t g = 0; g + 1 < begin.size(); ++g) {
    group_tokens.push_back(begin[g + 1] - begin[g]);
  }
  t[prefix + "group_tokens"] = torch::tensor(group_tokens, torch::kInt64);

  auto kept = torch::zeros({2, experts}, torch::kInt64);
  auto success = torch::zeros({2}, torch::kFloat32);
  for (int modality = 0; modality < 2; ++modality) {
    const auto of_modality =
        modality == 1 ? trace.layout->is_text : trace.layout->is_text.logical_not();
    const auto choices = of_modality.unsqueeze(1).expand_as(trace.kept);
    const auto kept_experts = trace.expert_index.masked_select(trace.kept & choices);
    kept[modality] = torch::bincount(kept_experts, {}, experts);
    const auto made = choices.sum().item<int64_t>();
    success[modality] = made == 0 ? 1.0F
                                  : static_cast<float>(static_cast<double>(kept_experts.numel()) /
                                                       static_cast<double>(made));
  }
  t[prefix + "tokens_per_expert"] = kept;
  t[prefix + "success_rate"] = success;
  const auto capacity = t[prefix + "capacity"].sum().item<double>();
  t[prefix + "load"] = (kept.sum(0).to(torch::kFloat64) / capacity).to(torch::kFloat32);
}

/// Everything a case's expected file can name.
TensorFile compute(model::Limoe& model, const TensorFile& inputs, const fs::path& inputs_path,
                   bool training) {
  const model::ModelConfig& config = model.config();
  model::ModelInputs in;
  in.images = inputs.at("images", inputs_path).to(torch::kFloat32);
  in.token_ids = inputs.at("token_ids", inputs_path).to(torch::kInt64);
  in.token_mask = inputs.at("token_mask", inputs_path).to(torch::kBool);
  const auto names = model.moeLayerNames();
  if (training && config.moe && config.moe->noise_std > 0) {
    for (const std::string& name : names) {
      in.noise.push_back(inputs.at("noise." + name, inputs_path));
    }
  }
  model.zero_grad();
  const auto outputs = model.forward(in);
  const auto losses = model::computeLosses(outputs, model.logit_scale, config, training);

  TensorFile result;
  auto& t = result.tensors;
  t["image_embedding"] = outputs.image_embedding.detach();
  t["text_embedding"] = outputs.text_embedding.detach();
  t["loss.contrastive"] = losses.contrastive.detach();
  t["loss.total"] = losses.total.detach();
  for (std::size_t layer = 0; layer < outputs.layers.size(); ++layer) {
    addLayer(result, "block." + names[layer] + ".", outputs.layers[layer], config);
  }
  for (std::size_t a = 0; a < model::kAuxLossCount; ++a) {
    const std::string name = std::string("loss.") + model::kAuxLossNames[a];
    for (std::size_t layer = 0; layer < losses.layers.size(); ++layer) {
      t[name + "." + names[layer]] = losses.layers[layer][a].detach();
    }
    if (losses.aux[a].defined()) {
      t[name] = losses.aux[a].detach();
    }
  }
  if (training) {
    losses.total.backward();
    for (const auto& item : model.named_parameters()) {
      t["grad." + item.key()] =
          item.value().grad().defined() ? item.value().grad() : torch::zeros_like(item.value());
    }
  }
  return result;
}

/// Prints one line for each tensor that is expected; returns how many are beyond the tolerance.
int compare(const TensorFile& expected, const TensorFile& computed, const VerifyOptions& options) {
  int failures = 0;
  for (const auto& [name, want] : expected.tensors) {
    const auto found = computed.tensors.find(name);
    std::string verdict = "ok";
    double difference = NAN;
    double largest = NAN;
    if (found == computed.tensors.end()) {
      verdict = "FAIL: not computed by this model";
    } else if (found->second.sizes() != want.sizes()) {
      verdict = "FAIL: shape differs";
    } else if (want.numel() == 0) {
      difference = largest = 0;
    } else {
      const auto a = found->second.to(torch::kFloat64);
      const auto b = want.to(torch::kFloat64);
      difference = (a - b).abs().max().item<double>();
      largest = b.abs().max().item<double>();
      const bool exact = !torch::isFloatingType(want.scalar_type());
      const double allowed = exact ? 0.0 : options.atol + options.rtol * largest;
      if (!(difference <= allowed)) {  // NaN fails too
        verdict = exact ? "FAIL: must be equal" : "FAIL";
      }
    }
    failures += verdict == "ok" ? 0 : 1;
    std::printf("  %-44s largest difference %9.3g  of %9.3g  %s\n", name.c_str(), difference,
                largest, verdict.c_str());
  }
  return failures;
}

model::ModelConfig caseConfig(const fs::path& folder, const TensorFile& weights) {
  const fs::path path = folder / "config.json";
  if (fs::exists(path)) {
    return model::modelConfigFromJson(model::readJsonFile(path));
  }
  const auto found = weights.metadata.find("config");
  if (found == weights.metadata.end()) {
    throw std::runtime_error(path.string() +
                             ": no such file, and weights.safetensors carries no "
                             "configuration either");
  }
  return model::modelConfigFromJson(model::parseJson(found->second, "__metadata__.config"));
}

bool verify(const VerifyOptions& options) {
  const fs::path folder = options.folder;
  if (!fs::is_directory(folder)) {
    throw std::runtime_error(folder.string() +
                             ": no such folder; a case is a folder with "
                             "config.json, weights, inputs and expected "
                             ".safetensors");
  }
  // Golden numbers are compared on one thread: the order of summation depends on their number.
  torch::set_num_threads(1);
  const fs::path weights_path = folder / "weights.safetensors";
  const fs::path inputs_path = folder / "inputs.safetensors";
  const TensorFile weights = model::readSafetensors(weights_path);
  const TensorFile inputs = model::readSafetensors(inputs_path);
  model::Limoe model(caseConfig(folder, weights), 0);
  model::loadParameters(model, weights, weights_path);

  const fs::path eval_out =
      options.out.empty()
          ? fs::path()
          : fs::path(options.out)
                .replace_filename(fs::path(options.out).stem().string() + "_eval.safetensors");
  int failures = 0;
  int compared = 0;
  for (const Pass& pass : {Pass{true, folder / "expected.safetensors", options.out},
                           Pass{false, folder / "expected_eval.safetensors", eval_out}}) {
    const bool expected = fs::exists(pass.expected);
    if (!expected && (pass.out.empty() || !pass.training)) {
      continue;
    }
    const TensorFile computed = compute(model, inputs, inputs_path, pass.training);
    if (!pass.out.empty()) {
      model::writeSafetensors(pass.out, computed);
      std::cout << "wrote " << pass.out.string() << '\n';
    }
    if (expected) {
      const TensorFile want = model::readSafetensors(pass.expected);
      std::cout << pass.expected.string() << " (" << (pass.training ? "training" : "evaluation")
                << " mode):\n";
      failures += compare(want, computed, options);
      compared += static_cast<int>(want.tensors.size());
    }
  }
  if (compared == 0 && options.out.empty()) {
    throw std::runtime_error(folder.string() +
                             ": has no expected.safetensors to compare with; "
                             "give --out FILE to write what the model computes");
  }
  std::cout << folder.string() << ": " << compared - failures << " of " << compared
            << " tensors agree\n";
  return failures == 0;
}

}  // namespace

void addVerifyCommand(CLI::App& app, int& status) {
  auto options = std::make_shared<VerifyOptions>();
  auto* command = app.add_subcommand(
      "verify", "Compare the model with numbers computed by another implementation");
  command->footer(
      "A case is a folder with config.json, weights.safetensors, inputs.safetensors (images, "
      "token_ids,\ntoken_mask and, where there is noise, noise.BLOCK), expected.safetensors and "
      "perhaps\nexpected_eval.safetensors. Exit status 1 where any tensor differs by more than "
      "atol + rtol·max|expected|;\nindices and decisions must be equal.\n"
      "Example:\n  limoe verify tests/reference/limoe_tiny --out computed.safetensors");
  command->add_option("case", options->folder, "the folder")->required();
  command->add_option("--out", options->out,
                      "write all computed tensors here (and evaluation's to ..._eval)");
  command->add_option("--rtol", options->rtol, "relative to the tensor's largest value")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  command->add_option("--atol", options->atol, "absolute")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  command->callback([options, &status] { status = verify(*options) ? 0 : 1; });
}

}  // namespace limoe::probe
