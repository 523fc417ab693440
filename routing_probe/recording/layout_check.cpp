#include "routing_probe/recording/layout_check.h"

#include <algorithm>

#include "routing_probe/recording/schema.h"

namespace limoe::probe {

void LayoutCheck::checkLayout() {
  for (std::string& fault : schema::faultsOf(layout_)) {
    faults_.push_back(std::move(fault));
  }
}

void LayoutCheck::check(const ProbeSet& probe) {
  const int64_t n = layout_.samples;
  require("captions", probe.captions, n);
  require("token_ids", probe.token_ids, n * layout_.text_length);
  require("pieces", probe.pieces, n * layout_.text_length);
  require("sources", probe.sources, n);
  if (!probe.labels.empty()) {
    require("labels", probe.labels, n * layout_.patches());
  }
  const size_t labels = layout_.label_names.size();
  if (std::any_of(probe.labels.begin(), probe.labels.end(),
                  [labels](uint16_t label) { return label >= labels && label != kNoLabel; })) {
    faults_.push_back("a label is not an index into the " + std::to_string(labels) +
                      " label names");
  }
}

void LayoutCheck::check(const StepRow& row) {
  const int64_t counts = layout_.layers * 2 * layout_.experts;
  require("scalars", row.scalars, static_cast<int64_t>(layout_.scalar_names.size()));
  require("chosen", row.chosen, counts);
  require("kept", row.kept, counts);
  require("entropy", row.entropy, layout_.layers * 4);
}

void LayoutCheck::checkSummary(const Snapshot& snapshot) {
  const int64_t n = layout_.samples;
  const auto labels = static_cast<int64_t>(layout_.label_names.size());
  require("tokens", snapshot.tokens, layout_.layers * 2 * layout_.experts);
  require("label_tokens", snapshot.label_tokens, layout_.layers * layout_.experts * labels);
  require("metrics", snapshot.metrics, static_cast<int64_t>(layout_.metric_names.size()));
  require("embeddings", snapshot.embeddings, layout_.embeddings ? n * 2 * layout_.embed_dim : 0);
}

void LayoutCheck::check(const LayerSlice& layer, int64_t index) {
  const int64_t n = layout_.samples;
  const std::string name = "layers[" + std::to_string(index) + "]";
  if (layer.first_sample != 0 || layer.samples != n) {
    faults_.push_back(name + " is not over all " + std::to_string(n) + " samples");
  }
  checkDecisions(name + ".image", layer.image, n * layout_.patches());
  checkDecisions(name + ".text", layer.text, n * layout_.text_length);
  require(name + ".order", layer.order, n * (layout_.patches() + layout_.text_length));
}

std::string LayoutCheck::text() const {
  std::string text;
  for (const std::string& fault : faults_) {
    text += (text.empty() ? "" : "; ") + fault;
  }
  return text;
}

void LayoutCheck::checkExperts(const std::string& name, const std::vector<uint16_t>& experts) {
  const auto wrong = std::find_if(experts.begin(), experts.end(), [this](uint16_t expert) {
    return expert >= layout_.experts && expert != kNoExpert;
  });
  if (wrong != experts.end()) {
    faults_.push_back(name + " names expert " + std::to_string(*wrong) + " of " +
                      std::to_string(layout_.experts));
  }
}

void LayoutCheck::checkDecisions(const std::string& name, const Decisions& decisions,
                                 int64_t tokens) {
  require(name + ".expert", decisions.expert, tokens * layout_.top_k);
  require(name + ".gate", decisions.gate, tokens * layout_.top_k);
  require(name + ".kept", decisions.kept, tokens * layout_.top_k);
  require(name + ".runner_up", decisions.runner_up, tokens);
  require(name + ".margin", decisions.margin, tokens);
  require(name + ".probability", decisions.probability,
          layout_.probabilities ? tokens * layout_.experts : 0);
  checkExperts(name + ".expert", decisions.expert);
  checkExperts(name + ".runner_up", decisions.runner_up);
}

}  // namespace limoe::probe
