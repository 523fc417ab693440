#include "model/routing.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

namespace limoe::model {
namespace {

/// Indices of the K largest of `row`, largest first, equal ones by lower index.
void selectExperts(std::span<const float> row, std::span<int64_t> chosen) {
  for (std::size_t k = 0; k < chosen.size(); ++k) {
    int64_t best = -1;
    for (std::size_t e = 0; e < row.size(); ++e) {
      const auto taken =
          std::find(chosen.begin(), chosen.begin() + static_cast<int64_t>(k),
                    static_cast<int64_t>(e)) != chosen.begin() + static_cast<int64_t>(k);
      if (!taken && (best < 0 || row[e] > row[static_cast<std::size_t>(best)])) {
        best = static_cast<int64_t>(e);
      }
    }
    chosen[k] = best;
  }
}

}  // namespace

int64_t expertCapacity(int64_t top_k, int64_t tokens, double capacity_factor, int64_t experts) {
  const double exact = static_cast<double>(top_k) * static_cast<double>(tokens) * capacity_factor /
                       static_cast<double>(experts);
  return std::max<int64_t>(1, static_cast<int64_t>(std::ceil(exact)));
}

Routing routeGroup(std::span<const float> probabilities, int64_t experts, int64_t top_k,
                   double capacity_factor, Priority priority) {
  if (experts < 1 || top_k < 1 || top_k > experts ||
      probabilities.size() % static_cast<std::size_t>(experts) != 0) {
    throw std::invalid_argument("routeGroup: " + std::to_string(probabilities.size()) +
                                " probabilities do not fit " + std::to_string(experts) +
                                " experts with " + std::to_string(top_k) + " per token");
  }
  if (std::any_of(probabilities.begin(), probabilities.end(),
                  [](float p) { return std::isnan(p); })) {
    throw std::invalid_argument("routeGroup: a routing probability is NaN");
  }
  const auto e_count = static_cast<std::size_t>(experts);
  const auto k_count = static_cast<std::size_t>(top_k);
  const std::size_t tokens = probabilities.size() / e_count;

  Routing routing;
  routing.capacity = expertCapacity(top_k, static_cast<int64_t>(tokens), capacity_factor, experts);
  routing.expert_index.resize(tokens * k_count);
  routing.position.resize(tokens * k_count);
  routing.kept.resize(tokens * k_count);
  routing.order.resize(tokens);

  std::vector<float> largest_gate(tokens);
  for (std::size_t n = 0; n < tokens; ++n) {
    const auto row = probabilities.subspan(n * e_count, e_count);
    const auto chosen = std::span(routing.expert_index).subspan(n * k_count, k_count);
    selectExperts(row, chosen);
    largest_gate[n] = row[static_cast<std::size_t>(chosen[0])];
  }

  std::vector<std::size_t> queue(tokens);
  std::iota(queue.begin(), queue.end(), std::size_t{0});
  if (priority == Priority::Bpr) {
    std::stable_sort(queue.begin(), queue.end(), [&](std::size_t a, std::size_t b) {
      return largest_gate[a] > largest_gate[b];
    });
  }
  for (std::size_t place = 0; place < tokens; ++place) {
    routing.order[queue[place]] = static_cast<int64_t>(place);
  }

  std::vector<int64_t> length(e_count, 0);
  for (std::size_t k = 0; k < k_count; ++k) {
    for (const std::size_t n : queue) {
      const std::size_t choice = n * k_count + k;
      auto& expert_length = length[static_cast<std::size_t>(routing.expert_index[choice])];
      routing.position[choice] = expert_length++;
      routing.kept[choice] = routing.position[choice] < routing.capacity ? 1 : 0;
    }
  }
  return routing;
}

}  // namespace limoe::model
