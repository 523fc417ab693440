#include "model/data/scenes.h"

#include <algorithm>
#include <utility>

#include "model/data/counter_random.h"
#include "model/data/scene_caption.h"

namespace limoe::model {
namespace {

using enum SceneColor;

template <std::size_t N>
SceneColor pick(CounterRandom& random, const std::array<SceneColor, N>& colors) {
  return colors[static_cast<std::size_t>(random.below(static_cast<int>(N)))];
}

// Few colours per kind, far apart, so that a small model can tell them at 96 pixels.
SceneColor itemColor(ItemKind kind, CounterRandom& random) {
  switch (kind) {
    case ItemKind::House:
      return pick(random, std::array{Red, Yellow, Blue, White, Pink, Green});
    case ItemKind::Car:
      return pick(random, std::array{Red, Orange, Yellow, Green, Blue, White, Black});
    case ItemKind::Person:
      return pick(random, std::array{Red, Yellow, Green, Blue, Purple, White});
    case ItemKind::Flowers:
      return pick(random, std::array{Red, Yellow, Blue, Purple, Pink, White});
    case ItemKind::Tree:
    case ItemKind::Sign:
      return Green;
  }
  return Green;
}

struct Proportions {
  double width;   // of the picture
  double aspect;  // height / width
};

Proportions proportions(const SceneItem& item) {
  switch (item.kind) {
    case ItemKind::House:
      return {0.38, 1.05};
    case ItemKind::Tree:
      return {0.33, 1.5};
    case ItemKind::Car:
      return {0.38, 0.50};
    case ItemKind::Person:
      return {0.155, 2.5};
    case ItemKind::Flowers:
      return {0.29, 0.85};
    case ItemKind::Sign:
      return {0.31, 1.3};
  }
  return {0.3, 1.0};
}

SceneItem makeItem(ItemKind kind, CounterRandom& random) {
  SceneItem item;
  item.kind = kind;
  item.color = itemColor(kind, random);
  do {
    item.roof = pick(random, std::array{Red, Blue, Brown, Black});
  } while (item.roof == item.color);
  item.tree = static_cast<TreeKind>(random.below(5));
  item.word = random.below(static_cast<int>(kSignWords.size()));
  item.turned = random.chance(0.5);
  return item;
}

double itemBase(const SceneItem& item, Ground ground, CounterRandom& random) {
  if (ground == Ground::Road) {  // cars drive on it, everything else stands behind it
    return item.kind == ItemKind::Car ? random.between(0.84, 0.90) : random.between(0.70, 0.73);
  }
  return ground == Ground::Lake ? random.between(0.82, 0.92) : random.between(0.75, 0.90);
}

// Places the items side by side: what is left of the width is shared out at random.
void layOut(std::vector<SceneItem>& items, Ground ground, CounterRandom& random) {
  constexpr double kUsableWidth = 0.96;
  double total = 0;
  for (SceneItem& item : items) {
    const Proportions shape = proportions(item);
    item.width = shape.width * random.between(0.94, 1.1) * (items.size() == 2 ? 1.12 : 1.0);
    item.height = item.width * shape.aspect;
    item.base = itemBase(item, ground, random);
    total += item.width;
  }
  const double shrink = std::min(1.0, kUsableWidth / total);
  std::vector<double> gaps(items.size() + 1);
  double gap_sum = 0;
  for (double& gap : gaps) {
    gap = random.between(0.2, 1.0);
    gap_sum += gap;
  }
  const double free_width = 1.0 - total * shrink;
  double x = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    SceneItem& item = items[i];
    item.width *= shrink;
    item.height *= shrink;
    x += free_width * gaps[i] / gap_sum;
    item.x = x + item.width / 2;
    x += item.width;
  }
}

// Over whatever reaches least high, which is made smaller where it would cover the balloon.
SceneBalloon makeBalloon(std::vector<SceneItem>& items, CounterRandom& random) {
  constexpr double kBelowCenter = 2.15;  // radii from the envelope's centre to the basket's floor
  constexpr double kMargin = 0.02;
  SceneBalloon balloon;
  balloon.color = pick(random, std::array{Red, Orange, Yellow, Green, Purple, White});
  balloon.radius = random.between(0.085, 0.105);
  SceneItem& lowest = *std::max_element(
      items.begin(), items.end(),
      [](const auto& a, const auto& b) { return a.base - a.height < b.base - b.height; });
  const double highest_y = balloon.radius + kMargin;
  const double room = lowest.base - highest_y - kBelowCenter * balloon.radius;
  const double shrink = std::min(1.0, room / lowest.height);
  lowest.width *= shrink;
  lowest.height *= shrink;
  const double lowest_y = lowest.base - lowest.height - kBelowCenter * balloon.radius;
  balloon.y = random.between(highest_y, std::clamp(lowest_y, highest_y, 0.17));
  balloon.x = std::clamp(lowest.x + random.between(-0.05, 0.05), highest_y, 1.0 - highest_y);
  return balloon;
}

}  // namespace

uint64_t sceneStream(int64_t seed, bool held_out) {
  constexpr uint64_t kTrainTag = 0x7472'6169'6e00'0000U;
  constexpr uint64_t kHeldOutTag = 0x6865'6c64'6f75'7400U;
  return mixBits(mixBits(static_cast<uint64_t>(seed)) ^ (held_out ? kHeldOutTag : kTrainTag));
}

Scene makeScene(uint64_t stream, int64_t index) {
  CounterRandom random(mixBits(stream + mixBits(static_cast<uint64_t>(index))));
  Scene scene;
  scene.sky = static_cast<Sky>(random.below(5));
  scene.ground = static_cast<Ground>(random.below(5));
  scene.horizon = random.between(0.46, 0.54);
  scene.light_x = random.between(0.12, 0.88);
  scene.hills = random.chance(0.75);

  constexpr int kObjectKinds = 5;  // every kind but the sign
  const int first = random.below(kObjectKinds);
  const int second = (first + 1 + random.below(kObjectKinds - 1)) % kObjectKinds;
  scene.items = {makeItem(static_cast<ItemKind>(first), random),
                 makeItem(static_cast<ItemKind>(second), random)};
  const bool has_sign = random.chance(0.55);
  if (has_sign) {
    scene.items.insert(scene.items.begin() + random.below(3), makeItem(ItemKind::Sign, random));
  }
  layOut(scene.items, scene.ground, random);
  if (random.chance(has_sign ? 0.15 : 0.45)) {
    scene.balloon = makeBalloon(scene.items, random);
    // Sun or moon on the other side, so that neither hides the other.
    scene.light_x = scene.balloon->x < 0.5 ? random.between(0.72, 0.9) : random.between(0.1, 0.28);
  }
  scene.texture_key = random.next();
  scene.caption = captionOf(scene, random);
  return scene;
}

}  // namespace limoe::model
