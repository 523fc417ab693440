#include "routing_probe/recording/statistics.h"

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

namespace limoe::probe {
namespace {

/// −Σ p·log p in nats of counts that sum to `total`; 0·log 0 = 0.
double entropyOf(const std::vector<double>& counts, double total) {
  double entropy = 0;
  for (const double count : counts) {
    if (count > 0) {
      entropy -= count / total * std::log(count / total);
    }
  }
  return entropy;
}

}  // namespace

double labelInformation(std::span<const uint32_t> counts, int64_t experts, int64_t labels) {
  if (experts < 0 || labels < 0 ||
      counts.size() != static_cast<size_t>(experts) * static_cast<size_t>(labels)) {
    throw std::invalid_argument("labelInformation: " + std::to_string(counts.size()) +
                                " counts for " + std::to_string(experts) + " experts and " +
                                std::to_string(labels) + " labels");
  }
  std::vector<double> joint(counts.begin(), counts.end());
  std::vector<double> by_expert(static_cast<size_t>(experts), 0.0);
  std::vector<double> by_label(static_cast<size_t>(labels), 0.0);
  double total = 0;
  for (size_t i = 0; i < joint.size(); ++i) {
    by_expert[i / by_label.size()] += joint[i];
    by_label[i % by_label.size()] += joint[i];
    total += joint[i];
  }
  const double label_entropy = entropyOf(by_label, total);
  if (total == 0 || label_entropy <= 0) {
    return 0;
  }
  // I(expert; label) = H(expert) + H(label) − H(expert, label)
  const double information = entropyOf(by_expert, total) + label_entropy - entropyOf(joint, total);
  return std::fmin(1.0, std::fmax(0.0, information / label_entropy));
}

double successRate(uint64_t kept, uint64_t chosen) {
  return chosen == 0 ? 1.0 : static_cast<double>(kept) / static_cast<double>(chosen);
}

double imageShare(uint64_t image_tokens, uint64_t text_tokens) {
  if (image_tokens == 0 && text_tokens == 0) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  return static_cast<double>(image_tokens) /
         (static_cast<double>(image_tokens) + static_cast<double>(text_tokens));
}

}  // namespace limoe::probe
