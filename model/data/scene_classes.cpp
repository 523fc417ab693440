#include "model/data/scene_classes.h"

#include <algorithm>
#include <array>
#include <utility>

namespace limoe::model {
namespace {

/// What prompts call a kind of object, and how they say it when it comes first and second.
struct KindWords {
  ItemKind kind;
  const char* name;
  const char* first;
  const char* second;
};

constexpr std::array<KindWords, 5> kKinds = {{
    {ItemKind::House, "house", "a house", "a house"},
    {ItemKind::Tree, "tree", "a tree", "a tree"},
    {ItemKind::Car, "car", "a car", "a car"},
    {ItemKind::Person, "person", "a man", "a woman"},
    {ItemKind::Flowers, "flowers", "flowers", "flowers"},
}};

/// Pairs (a, b) with a < b, in order.
std::vector<std::pair<std::size_t, std::size_t>> pairsOfKinds() {
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  for (std::size_t a = 0; a < kKinds.size(); ++a) {
    for (std::size_t b = a + 1; b < kKinds.size(); ++b) {
      pairs.emplace_back(a, b);
    }
  }
  return pairs;
}

}  // namespace

std::vector<ZeroShotClass> sceneClasses() {
  std::vector<ZeroShotClass> classes;
  for (const auto& [a, b] : pairsOfKinds()) {
    const KindWords& one = kKinds[a];
    const KindWords& other = kKinds[b];
    classes.push_back({std::string(one.name) + " and " + other.name,
                       {std::string(one.first) + " and " + other.second,
                        std::string(other.first) + " and " + one.second}});
  }
  return classes;
}

int64_t sceneClass(const Scene& scene) {
  std::vector<std::size_t> kinds;
  for (const SceneItem& item : scene.items) {
    const auto found = std::find_if(kKinds.begin(), kKinds.end(), [&](const KindWords& words) {
      return words.kind == item.kind;
    });
    if (found != kKinds.end()) {  // a sign is none
      kinds.push_back(static_cast<std::size_t>(found - kKinds.begin()));
    }
  }
  std::sort(kinds.begin(), kinds.end());
  const auto pairs = pairsOfKinds();
  const auto found = kinds.size() == 2
                         ? std::find(pairs.begin(), pairs.end(), std::pair(kinds[0], kinds[1]))
                         : pairs.end();
  return found == pairs.end() ? -1 : found - pairs.begin();
}

}  // namespace limoe::model
