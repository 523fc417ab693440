#include <array>

#include "model/data/scene_parts.h"

namespace limoe::model {
namespace {

// Coordinates inside an item: u runs from −1 (left) to 1 (right), v from 0 (feet) to 1 (top).
class ItemFrame {
 public:
  explicit ItemFrame(const SceneItem& item, bool mirrored = false)
      : x_(item.x),
        base_(item.base),
        half_width_(mirrored ? -item.width / 2 : item.width / 2),
        height_(item.height) {}
  double x(double u) const { return x_ + half_width_ * u; }
  double y(double v) const { return base_ - height_ * v; }
  Point at(double u, double v) const { return {x(u), y(v)}; }

 private:
  double x_;
  double base_;
  double half_width_;
  double height_;
};

Rgb darker(const Rgb& color, double share) {
  return blend(color, {22, 24, 44}, share);
}
Rgb brighter(const Rgb& color, double share) {
  return blend(color, {255, 252, 240}, share);
}

void paintWindow(SceneCanvas& canvas, const ItemFrame& frame, double u, double v, Sky sky) {
  const bool dark_outside = sky == Sky::Night || sky == Sky::Sunset;
  const double half = 0.15;
  const double height = 0.17;
  canvas.polygon({frame.at(u - half - 0.035, v - 0.025), frame.at(u + half + 0.035, v - 0.025),
                  frame.at(u + half + 0.035, v + height + 0.02),
                  frame.at(u - half - 0.035, v + height + 0.02)},
                 {250, 246, 236}, SceneLabel::House);
  const Rgb glass = dark_outside ? Rgb(255, 214, 110) : Rgb(112, 160, 196);
  canvas.polygon({frame.at(u - half, v), frame.at(u + half, v), frame.at(u + half, v + height),
                  frame.at(u - half, v + height)},
                 glass, SceneLabel::House, dark_outside ? Lit::Itself : Lit::ByScene);
  canvas.line(frame.at(u, v), frame.at(u, v + height), 0.007, {250, 246, 236}, SceneLabel::House);
  canvas.line(frame.at(u - half, v + height / 2), frame.at(u + half, v + height / 2), 0.007,
              {250, 246, 236}, SceneLabel::House);
}

}  // namespace

Rgb paintColor(SceneColor color) {
  switch (color) {
    case SceneColor::Red:
      return {214, 48, 44};
    case SceneColor::Orange:
      return {242, 134, 36};
    case SceneColor::Yellow:
      return {250, 208, 58};
    case SceneColor::Green:
      return {38, 158, 92};
    case SceneColor::Blue:
      return {46, 100, 208};
    case SceneColor::Purple:
      return {136, 66, 178};
    case SceneColor::Pink:
      return {246, 140, 178};
    case SceneColor::White:
      return {246, 245, 240};
    case SceneColor::Black:
      return {44, 44, 54};
    case SceneColor::Brown:
      return {132, 82, 50};
  }
  return {};
}

void paintHouse(SceneCanvas& canvas, const SceneItem& house, Sky sky) {
  const ItemFrame frame(house);
  const Rgb wall = paintColor(house.color);
  const Rgb roof = paintColor(house.roof);
  const auto label = SceneLabel::House;
  // Chimney, walls with a shaded side, plinth.
  canvas.polygon(
      {frame.at(0.42, 0.62), frame.at(0.62, 0.62), frame.at(0.62, 0.96), frame.at(0.42, 0.96)},
      {150, 84, 66}, label);
  canvas.polygon(
      {frame.at(-0.84, 0), frame.at(0.84, 0), frame.at(0.84, 0.58), frame.at(-0.84, 0.58)}, wall,
      label);
  canvas.polygon({frame.at(0.56, 0), frame.at(0.84, 0), frame.at(0.84, 0.58), frame.at(0.56, 0.58)},
                 darker(wall, 0.14), label);
  canvas.polygon(
      {frame.at(-0.84, 0), frame.at(0.84, 0), frame.at(0.84, 0.05), frame.at(-0.84, 0.05)},
      darker(wall, 0.38), label);
  // Shadow of the eaves, then the roof: bright slope, dark slope, edge.
  canvas.polygon(
      {frame.at(-0.84, 0.51), frame.at(0.84, 0.51), frame.at(0.84, 0.58), frame.at(-0.84, 0.58)},
      darker(wall, 0.3), label);
  canvas.polygon(
      {frame.at(-1.0, 0.55), frame.at(1.0, 0.55), frame.at(0.55, 1.0), frame.at(-0.55, 1.0)}, roof,
      label);
  canvas.polygon(
      {frame.at(1.0, 0.55), frame.at(0.55, 1.0), frame.at(0.36, 1.0), frame.at(0.74, 0.55)},
      darker(roof, 0.22), label);
  for (const double v : {0.66, 0.77, 0.88}) {
    const double reach = 1.0 - (v - 0.55);
    canvas.line(frame.at(-reach, v), frame.at(reach, v), 0.005, darker(roof, 0.25), label);
  }
  canvas.line(frame.at(-1.0, 0.555), frame.at(1.0, 0.555), 0.011, brighter(roof, 0.25), label);
  // Door and windows.
  canvas.polygon(
      {frame.at(-0.19, 0), frame.at(0.19, 0), frame.at(0.19, 0.38), frame.at(-0.19, 0.38)},
      {250, 246, 236}, label);
  canvas.polygon(
      {frame.at(-0.14, 0), frame.at(0.14, 0), frame.at(0.14, 0.355), frame.at(-0.14, 0.355)},
      {116, 72, 46}, label);
  canvas.circle(frame.at(0.08, 0.17), 0.007, {244, 208, 96}, label);
  paintWindow(canvas, frame, -0.52, 0.22, sky);
  paintWindow(canvas, frame, 0.52, 0.22, sky);
  if (sky == Sky::Night) {
    canvas.softSpot(frame.at(0, 0.25), house.width * 0.6, house.height * 0.35, {255, 196, 110},
                    0.22);
  }
}

void paintCar(SceneCanvas& canvas, const SceneItem& car, Sky sky) {
  const ItemFrame frame(car, !car.turned);  // drawn facing right
  const Rgb body = paintColor(car.color);
  const auto label = SceneLabel::Car;
  const bool lamps_on = sky == Sky::Night || sky == Sky::Rain;
  // Cabin, windows, body, lower half in shade.
  canvas.polygon({frame.at(-0.78, 0.56), frame.at(-0.58, 0.92), frame.at(-0.46, 1.0),
                  frame.at(0.18, 1.0), frame.at(0.30, 0.94), frame.at(0.58, 0.56)},
                 darker(body, 0.1), label);
  canvas.polygon(
      {frame.at(-0.66, 0.58), frame.at(-0.50, 0.88), frame.at(-0.16, 0.88), frame.at(-0.16, 0.58)},
      {152, 198, 222}, label);
  canvas.polygon(
      {frame.at(-0.06, 0.58), frame.at(-0.06, 0.88), frame.at(0.20, 0.88), frame.at(0.44, 0.58)},
      {172, 214, 234}, label);
  canvas.polygon({frame.at(-1.0, 0.24), frame.at(-0.98, 0.52), frame.at(-0.88, 0.62),
                  frame.at(0.50, 0.62), frame.at(0.90, 0.54), frame.at(1.0, 0.42),
                  frame.at(1.0, 0.24), frame.at(0.94, 0.16), frame.at(-0.94, 0.16)},
                 body, label);
  canvas.polygon({frame.at(-0.99, 0.34), frame.at(1.0, 0.34), frame.at(1.0, 0.24),
                  frame.at(0.94, 0.16), frame.at(-0.94, 0.16), frame.at(-1.0, 0.24)},
                 darker(body, 0.25), label);
  canvas.line(frame.at(-0.86, 0.565), frame.at(0.52, 0.565), 0.009, brighter(body, 0.35), label);
  canvas.line(frame.at(-0.11, 0.56), frame.at(-0.11, 0.24), 0.006, darker(body, 0.4), label);
  // Lamps and wheels.
  const Rgb lamp = lamps_on ? Rgb(255, 244, 190) : Rgb(250, 238, 180);
  canvas.ellipse(frame.at(0.91, 0.42), car.width * 0.032, car.width * 0.038, lamp, label,
                 lamps_on ? Lit::Itself : Lit::ByScene);
  canvas.ellipse(frame.at(-0.94, 0.44), car.width * 0.024, car.width * 0.034, {190, 26, 30}, label);
  for (const double u : {-0.56, 0.56}) {
    canvas.circle(frame.at(u, 0.19), car.width * 0.118, {34, 34, 40}, label);
    canvas.circle(frame.at(u, 0.19), car.width * 0.062, {196, 200, 208}, label);
    canvas.circle(frame.at(u, 0.19), car.width * 0.024, {96, 100, 110}, label);
  }
  if (lamps_on) {
    canvas.softSpot(frame.at(1.0, 0.40), car.width * 0.22, car.width * 0.14, {255, 240, 180}, 0.6);
  }
}

void paintPerson(SceneCanvas& canvas, const SceneItem& person) {
  const ItemFrame frame(person);
  const bool woman = person.turned;
  const Rgb cloth = paintColor(person.color);
  const Rgb skin(240, 196, 160);
  const Rgb hair = woman ? Rgb(112, 62, 34) : Rgb(58, 44, 40);
  const Rgb trousers(58, 64, 92);
  const auto label = SceneLabel::Person;
  const double limb = person.width * 0.19;
  const double head = person.height * 0.105;
  if (woman) {  // long hair, behind everything else
    canvas.ellipse({frame.x(0), frame.y(0.83)}, head * 1.12, head * 1.35, hair, label);
  }
  // Legs and shoes.
  for (const double u : {-0.26, 0.26}) {
    canvas.line(frame.at(u, 0.42), frame.at(u, 0.03), limb * (woman ? 0.75 : 1.15),
                woman ? skin : trousers, label);
    canvas.ellipse(frame.at(u * 1.15, 0.02), limb * 0.75, limb * 0.45, {52, 38, 36}, label);
  }
  // Arms, then dress or coat.
  for (const double u : {-1.0, 1.0}) {
    canvas.line(frame.at(u * 0.50, 0.74), frame.at(u * 0.80, 0.44), limb, darker(cloth, 0.16),
                label);
    canvas.circle(frame.at(u * 0.82, 0.42), limb * 0.5, skin, label);
  }
  const double hem = woman ? 0.95 : 0.60;
  const double hem_height = woman ? 0.24 : 0.34;
  const double waist = woman ? 0.40 : 0.54;
  canvas.polygon({frame.at(-0.40, 0.79), frame.at(0.40, 0.79), frame.at(0.60, 0.74),
                  frame.at(waist, 0.54), frame.at(hem, hem_height), frame.at(-hem, hem_height),
                  frame.at(-waist, 0.54), frame.at(-0.60, 0.74)},
                 cloth, label);
  canvas.polygon(
      {frame.at(0.22, 0.79), frame.at(0.40, 0.79), frame.at(0.60, 0.74), frame.at(waist, 0.54),
       frame.at(hem, hem_height), frame.at(hem * 0.45, hem_height)},
      darker(cloth, 0.15), label);
  canvas.line(frame.at(-waist, 0.535), frame.at(waist, 0.535), person.height * 0.022,
              darker(cloth, 0.45), label);
  // Head: hair on top, the face a little lower.
  canvas.circle({frame.x(0), frame.y(0.90) - head * 0.10}, head * 1.06, hair, label);
  canvas.ellipse({frame.x(0), frame.y(0.875)}, head * 0.84, head * 0.92, skin, label);
  for (const double side : {-0.34, 0.34}) {
    canvas.circle({frame.x(0) + side * head, frame.y(0.88)}, head * 0.11, {50, 40, 44}, label);
  }
  canvas.line({frame.x(0) - head * 0.24, frame.y(0.88) + head * 0.45},
              {frame.x(0) + head * 0.24, frame.y(0.88) + head * 0.45}, head * 0.14, {196, 84, 76},
              label);
}

void paintBalloon(SceneCanvas& canvas, const SceneBalloon& balloon) {
  const Rgb color = paintColor(balloon.color);
  const Point center(balloon.x, balloon.y);
  const double radius = balloon.radius;
  const double basket = balloon.y + radius * 1.75;
  const auto label = SceneLabel::Balloon;
  for (const double side : {-1.0, 1.0}) {
    canvas.line({center.x + side * radius * 0.5, center.y + radius * 0.8},
                {center.x + side * radius * 0.2, basket}, 0.005, {92, 70, 56}, label);
  }
  canvas.polygon({{center.x - radius * 0.80, center.y + radius * 0.55},
                  {center.x + radius * 0.80, center.y + radius * 0.55},
                  {center.x + radius * 0.22, center.y + radius * 1.25},
                  {center.x - radius * 0.22, center.y + radius * 1.25}},
                 darker(color, 0.12), label);
  canvas.circle(center, radius, darker(color, 0.12), label);
  canvas.ellipse({center.x - radius * 0.05, center.y}, radius * 0.78, radius, color, label);
  canvas.ellipse({center.x - radius * 0.05, center.y}, radius * 0.34, radius,
                 brighter(color, balloon.color == SceneColor::White ? 0.0 : 0.28), label);
  canvas.ellipse({center.x - radius * 0.05, center.y + radius * 0.55}, radius * 0.84, radius * 0.10,
                 balloon.color == SceneColor::White ? Rgb(214, 96, 92) : Rgb(252, 244, 224), label);
  canvas.rectangle(center.x - radius * 0.26, basket, center.x + radius * 0.26,
                   basket + radius * 0.36, {150, 98, 56}, label);
}

}  // namespace limoe::model
