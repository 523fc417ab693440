#include "model/data/scene_caption.h"

#include <array>
#include <string_view>
#include <utility>

namespace limoe::model {
namespace {

template <typename Enum, std::size_t N>
const char* nameOf(Enum value, const std::array<const char*, N>& names) {
  return names[static_cast<std::size_t>(value)];
}

const char* colorName(SceneColor color) {
  constexpr std::array<const char*, 10> kNames = {"red",    "orange", "yellow", "green", "blue",
                                                  "purple", "pink",   "white",  "black", "brown"};
  return nameOf(color, kNames);
}

std::string withArticle(std::string_view words) {
  const bool vowel = std::string_view("aeiou").find(words.front()) != std::string_view::npos;
  return (vowel ? "an " : "a ") + std::string(words);
}

std::string itemPhrase(const SceneItem& item, bool with_roof) {
  const std::string color = colorName(item.color);
  switch (item.kind) {
    case ItemKind::House:
      return withArticle(color + " house") +
             (with_roof ? " with " + withArticle(colorName(item.roof)) + " roof" : "");
    case ItemKind::Tree: {
      constexpr std::array<const char*, 5> kNames = {"pine", "oak", "apple", "palm", "birch"};
      return withArticle(nameOf(item.tree, kNames)) + " tree";
    }
    case ItemKind::Car:
      return withArticle(color + " car");
    case ItemKind::Person:
      return (item.turned ? "a woman in " : "a man in ") + color;
    case ItemKind::Flowers:
      return color + " flowers";
    case ItemKind::Sign:
      return withArticle(std::string(kSignWords[static_cast<std::size_t>(item.word)]) + " sign");
  }
  return {};
}

const char* groundPhrase(Ground ground, bool other) {
  constexpr std::array<const char*, 5> kUsual = {"on grass", "on sand", "on snow", "by a road",
                                                 "by a lake"};
  constexpr std::array<const char*, 5> kOther = {"in a meadow", "in the desert", "in the snow",
                                                 "at the road", "at the lake"};
  return nameOf(ground, other ? kOther : kUsual);
}

const char* skyPhrase(Sky sky, bool other) {
  constexpr std::array<const char*, 5> kUsual = {"in sunshine", "under clouds", "at sunset",
                                                 "at night", "in the rain"};
  constexpr std::array<const char*, 5> kOther = {"under blue sky", "in cloudy weather",
                                                 "in the evening", "under the stars",
                                                 "in rainy weather"};
  return nameOf(sky, other ? kOther : kUsual);
}

}  // namespace

std::string captionOf(const Scene& scene, CounterRandom& random) {
  const SceneItem* sign = nullptr;
  std::array<const SceneItem*, 2> objects{};  // from left to right
  std::size_t count = 0;
  for (const SceneItem& item : scene.items) {
    if (item.kind == ItemKind::Sign) {
      sign = &item;
    } else {
      objects.at(count++) = &item;
    }
  }

  // Longer ways to say it are kept for scenes with less in them: the text is cut at 24 tokens.
  const bool room = sign == nullptr && !scene.balloon;
  const bool says_roof = room && random.chance(0.5);
  std::array<std::string, 2> phrases = {itemPhrase(*objects[0], says_roof),
                                        itemPhrase(*objects[1], says_roof)};
  const bool says_side = !(sign != nullptr && scene.balloon) && random.chance(0.4);
  const bool reversed = random.chance(0.5);
  if (reversed) {
    std::swap(phrases[0], phrases[1]);
  }
  const char* side = reversed ? " right of " : " left of ";
  std::string caption = phrases[0] + (says_side ? side : " and ") + phrases[1];

  caption += std::string(" ") + groundPhrase(scene.ground, random.chance(0.3));
  caption += std::string(" ") + skyPhrase(scene.sky, random.chance(0.3));
  if (scene.balloon) {
    caption += " with " + withArticle(colorName(scene.balloon->color)) + " balloon";
  }
  if (sign != nullptr) {
    const std::string word = kSignWords[static_cast<std::size_t>(sign->word)];
    const bool states = scene.balloon || random.chance(0.5);  // "with … with …" reads badly
    caption += (states ? ", the sign says " : " with a sign saying ") + word;
  }
  return caption;
}

}  // namespace limoe::model
