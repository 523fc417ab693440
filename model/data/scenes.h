// What is in a demo picture, before it is drawn: a value that the caption and the painter share, so
// that captions cannot disagree with pictures.
//
// All lengths are fractions of the picture's side; x runs right, y runs down from the upper edge.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace limoe::model {

/// What a pixel shows. The values are the labels of the data set; see kSceneLabelNames.
enum class SceneLabel : uint16_t {
  Sky,
  Cloud,
  Sun,
  Moon,
  Hill,
  Grass,
  Sand,
  Snow,
  Road,
  Water,
  Tree,
  House,
  Car,
  Person,
  Flower,
  Sign,
  Balloon
};
inline constexpr std::array<const char*, 17> kSceneLabelNames = {
    "sky",   "cloud", "sun",   "moon", "hill",   "grass",  "sand", "snow",   "road",
    "water", "tree",  "house", "car",  "person", "flower", "sign", "balloon"};

enum class Sky { Clear, Cloudy, Sunset, Night, Rain };
enum class Ground { Grass, Sand, Snow, Road, Lake };
enum class SceneColor { Red, Orange, Yellow, Green, Blue, Purple, Pink, White, Black, Brown };
enum class TreeKind { Pine, Oak, Apple, Palm, Birch };
enum class ItemKind { House, Tree, Car, Person, Flowers, Sign };

/// Words on signs, each with a board of its own (scene_sign.cpp).
inline constexpr std::array<const char*, 20> kSignWords = {
    "STOP", "OPEN", "CAFE", "ZOO",   "TAXI", "SALE",  "EXIT", "BANK", "MILK",  "PARK",
    "BUS",  "FARM", "SHOP", "PIZZA", "FISH", "BOOKS", "POST", "TEA",  "HOTEL", "ART"};

/// Something that stands on the ground. Items never overlap one another horizontally.
struct SceneItem {
  ItemKind kind = ItemKind::House;
  SceneColor color = SceneColor::Red;   ///< walls, paint, clothes or petals
  SceneColor roof = SceneColor::Brown;  ///< houses only
  TreeKind tree = TreeKind::Pine;       ///< trees only
  int word = 0;                         ///< signs only: index into kSignWords
  bool turned = false;                  ///< cars face right; people are women
  double x = 0.5;                       ///< centre
  double base = 0.8;                    ///< y of the feet
  double width = 0.3;
  double height = 0.3;
};

struct SceneBalloon {
  SceneColor color = SceneColor::Red;
  double x = 0.5;  ///< centre of the envelope
  double y = 0.2;  ///< centre of the envelope
  double radius = 0.09;
};

struct Scene {
  Sky sky = Sky::Clear;
  Ground ground = Ground::Grass;
  double horizon = 0.5;
  double light_x = 0.5;  ///< where the sun or moon stands
  bool hills = true;
  std::vector<SceneItem> items;  ///< from left to right; two objects, and a sign on some
  std::optional<SceneBalloon> balloon;
  uint64_t texture_key = 0;  ///< key of the random numbers behind textures, clouds and stars
  std::string caption;       ///< one sentence; everything it says is visible
};

/// Scene `index` of `stream`. Depends on its arguments alone; draws nothing.
Scene makeScene(uint64_t stream, int64_t index);

/// The key of the stream of scenes for a seed; train and held-out streams differ.
uint64_t sceneStream(int64_t seed, bool held_out);

}  // namespace limoe::model
