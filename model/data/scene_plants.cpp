#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <span>

#include "model/data/scene_parts.h"

namespace limoe::model {
namespace {

constexpr auto kTree = SceneLabel::Tree;

struct Leafage {
  Rgb shade;
  Rgb middle;
  Rgb bright;
};

// One puff of a crown, in units of half the tree's width, from the middle of the crown.
struct Puff {
  double x;
  double y;
  double radius;
};

void paintCrown(SceneCanvas& canvas, Point center, double half_width, std::span<const Puff> puffs,
                const Leafage& leaves) {
  const auto layer = [&](double dx, double dy, double scale, const Rgb& color) {
    for (const Puff& puff : puffs) {
      canvas.circle({center.x + (puff.x + dx) * half_width, center.y + (puff.y + dy) * half_width},
                    puff.radius * scale * half_width, color, kTree);
    }
  };
  layer(0.05, 0.08, 1.0, leaves.shade);
  layer(-0.03, -0.03, 0.90, leaves.middle);
  layer(-0.13, -0.15, 0.50, leaves.bright);
}

void paintTrunk(SceneCanvas& canvas, const SceneItem& tree, double top, double width,
                const Rgb& color) {
  const double half = tree.width * width / 2;
  canvas.polygon({{tree.x - half * 1.5, tree.base},
                  {tree.x + half * 1.5, tree.base},
                  {tree.x + half, tree.base - tree.height * top},
                  {tree.x - half, tree.base - tree.height * top}},
                 color, kTree);
  canvas.polygon({{tree.x + half * 0.2, tree.base},
                  {tree.x + half * 1.5, tree.base},
                  {tree.x + half, tree.base - tree.height * top},
                  {tree.x + half * 0.1, tree.base - tree.height * top}},
                 blend(color, {30, 24, 40}, 0.3), kTree);
}

void paintPine(SceneCanvas& canvas, const SceneItem& tree) {
  paintTrunk(canvas, tree, 0.25, 0.12, {112, 74, 48});
  constexpr std::array<double, 3> kFeet = {0.12, 0.38, 0.62};
  constexpr std::array<double, 3> kTops = {0.60, 0.82, 1.0};
  constexpr std::array<double, 3> kReach = {0.86, 0.68, 0.48};
  for (std::size_t i = 0; i < kFeet.size(); ++i) {
    const double foot = tree.base - tree.height * kFeet[i];
    const Point top(tree.x, tree.base - tree.height * kTops[i]);
    const double reach = tree.width / 2 * kReach[i];
    const double sag = tree.height * 0.03;
    canvas.polygon({{tree.x - reach, foot}, {tree.x, foot + sag}, {tree.x + reach, foot}, top},
                   {36, 104, 78}, kTree);
    canvas.polygon({{tree.x + reach * 0.1, foot + sag}, {tree.x + reach, foot}, top}, {24, 76, 64},
                   kTree);
    canvas.polygon({{tree.x - reach, foot}, {tree.x - reach * 0.45, foot + sag * 0.5}, top},
                   {62, 136, 96}, kTree);
  }
}

void paintOak(SceneCanvas& canvas, const SceneItem& tree, bool with_apples) {
  paintTrunk(canvas, tree, 0.5, with_apples ? 0.15 : 0.2, {118, 80, 52});
  constexpr std::array<Puff, 6> kPuffs = {{{-0.48, 0.22, 0.46},
                                           {0.48, 0.22, 0.46},
                                           {0.0, 0.34, 0.46},
                                           {-0.34, -0.26, 0.46},
                                           {0.34, -0.26, 0.46},
                                           {0.0, -0.48, 0.44}}};
  const double half = tree.width / 2;
  const Point center(tree.x, tree.base - tree.height * 0.68);
  if (!with_apples) {
    paintCrown(canvas, center, half, kPuffs, {{44, 96, 44}, {70, 132, 54}, {112, 166, 70}});
    return;
  }
  paintCrown(canvas, center, half, kPuffs, {{58, 124, 58}, {88, 164, 72}, {132, 196, 88}});
  const std::array<Point, 8> kApples = {{{-0.58, 0.20},
                                         {-0.18, 0.36},
                                         {0.28, 0.30},
                                         {0.62, 0.08},
                                         {-0.34, -0.14},
                                         {0.10, -0.08},
                                         {0.40, -0.36},
                                         {-0.12, -0.56}}};
  for (const Point& apple : kApples) {
    const Point place(center.x + apple.x * half, center.y + apple.y * half);
    canvas.circle(place, half * 0.125, {206, 36, 40}, kTree);
    canvas.circle({place.x - half * 0.03, place.y - half * 0.035}, half * 0.045, {246, 128, 116},
                  kTree);
  }
}

void paintPalm(SceneCanvas& canvas, const SceneItem& tree) {
  constexpr int kSegments = 8;
  const double half = tree.width / 2;
  const Point top(tree.x, tree.base - tree.height * 0.74);
  const auto trunk = [&](double t) {  // 0 foot, 1 top: bent like a bow
    return Point(tree.x - half * 0.34 * (1 - t) * (1 - t) + half * 0.1 * t * (1 - t),
                 tree.base + (top.y - tree.base) * t);
  };
  for (int i = 0; i < kSegments; ++i) {
    const double t = static_cast<double>(i) / kSegments;
    canvas.line(trunk(t), trunk(t + 1.15 / kSegments), tree.width * (0.115 - 0.05 * t),
                i % 2 == 0 ? Rgb(156, 112, 70) : Rgb(136, 94, 58), kTree);
  }
  // Leaves: two curved edges from the crown to a tip that hangs.
  const std::array<Point, 7> kTips = {{{-0.98, 0.30},
                                       {0.98, 0.30},
                                       {-0.62, 0.66},
                                       {0.62, 0.66},
                                       {-0.86, -0.28},
                                       {0.86, -0.28},
                                       {0.08, -0.62}}};
  for (std::size_t i = 0; i < kTips.size(); ++i) {
    const Point tip = top + kTips[i] * half;
    const Point upper((top.x + tip.x) / 2, std::min(top.y, tip.y) - half * 0.26);
    const Point lower((top.x + tip.x) / 2, std::min(top.y, tip.y) + half * 0.10);
    const auto curve = [&](const Point& control, double t) {
      return top * ((1 - t) * (1 - t)) + control * (2 * t * (1 - t)) + tip * (t * t);
    };
    std::array<Point, 12> leaf;
    for (std::size_t k = 0; k < 6; ++k) {
      leaf[k] = curve(upper, static_cast<double>(k) / 6);
      leaf[6 + k] = curve(lower, 1.0 - static_cast<double>(k) / 6);
    }
    canvas.polygon(leaf, i % 2 == 0 ? Rgb(48, 132, 70) : Rgb(72, 160, 84), kTree);
  }
  for (const double side : {-0.12, 0.12}) {
    canvas.circle({top.x + side * half, top.y + half * 0.10}, half * 0.10, {112, 70, 40}, kTree);
  }
}

void paintBirch(SceneCanvas& canvas, const SceneItem& tree) {
  paintTrunk(canvas, tree, 0.62, 0.13, {240, 238, 230});
  for (const double v : {0.07, 0.15, 0.21, 0.30, 0.37}) {
    const double y = tree.base - tree.height * v;
    const double side = (v > 0.1 && v < 0.28) ? 1 : -1;
    canvas.line({tree.x + side * tree.width * 0.075, y}, {tree.x, y}, 0.008, {60, 58, 62}, kTree);
  }
  constexpr std::array<Puff, 6> kPuffs = {{{-0.26, 0.52, 0.34},
                                           {0.28, 0.46, 0.34},
                                           {-0.30, 0.02, 0.38},
                                           {0.30, -0.04, 0.38},
                                           {-0.08, -0.42, 0.36},
                                           {0.06, -0.72, 0.26}}};
  paintCrown(canvas, {tree.x, tree.base - tree.height * 0.66}, tree.width / 2, kPuffs,
             {{196, 148, 40}, {232, 188, 58}, {250, 220, 112}});
}

}  // namespace

void paintTree(SceneCanvas& canvas, const SceneItem& tree) {
  switch (tree.tree) {
    case TreeKind::Pine:
      return paintPine(canvas, tree);
    case TreeKind::Oak:
      return paintOak(canvas, tree, false);
    case TreeKind::Apple:
      return paintOak(canvas, tree, true);
    case TreeKind::Palm:
      return paintPalm(canvas, tree);
    case TreeKind::Birch:
      return paintBirch(canvas, tree);
  }
}

void paintFlowers(SceneCanvas& canvas, const SceneItem& flowers, CounterRandom& random) {
  constexpr int kPetals = 5;
  constexpr auto kLabel = SceneLabel::Flower;
  const double half = flowers.width / 2;
  const Rgb petal = paintColor(flowers.color);
  const Rgb center = flowers.color == SceneColor::Yellow ? Rgb(150, 84, 34) : Rgb(252, 206, 74);
  // A bed of leaves, then three rows of heads, the front row last.
  for (const double u : {-0.62, -0.2, 0.24, 0.64}) {
    canvas.ellipse({flowers.x + u * half, flowers.base - flowers.height * 0.24}, half * 0.36,
                   flowers.height * 0.26, {54, 118, 58}, kLabel);
    canvas.ellipse({flowers.x + u * half, flowers.base - flowers.height * 0.32}, half * 0.28,
                   flowers.height * 0.18, {84, 150, 72}, kLabel);
  }
  const std::array<Point, 8> kHeads = {{{-0.30, 0.86},
                                        {0.34, 0.84},
                                        {-0.70, 0.66},
                                        {0.04, 0.66},
                                        {0.72, 0.62},
                                        {-0.42, 0.44},
                                        {0.38, 0.42},
                                        {0.0, 0.26}}};
  for (const Point& head : kHeads) {
    const Point place(flowers.x + half * (head.x + random.between(-0.04, 0.04)),
                      flowers.base - flowers.height * (head.y + random.between(-0.03, 0.03)));
    const double size = half * random.between(0.25, 0.29);
    canvas.line(place, {place.x * 0.8 + flowers.x * 0.2, flowers.base - flowers.height * 0.1},
                0.010, {64, 130, 60}, kLabel);
    const double turn = random.between(0, 2 * std::numbers::pi / kPetals);
    for (int i = 0; i < kPetals; ++i) {
      const double angle = turn + 2 * std::numbers::pi * i / kPetals;
      canvas.circle(
          {place.x + std::cos(angle) * size * 0.56, place.y + std::sin(angle) * size * 0.56},
          size * 0.46, i % 2 == 0 ? petal : blend(petal, {40, 20, 60}, 0.10), kLabel);
    }
    canvas.circle(place, size * 0.30, center, kLabel);
  }
}

}  // namespace limoe::model
