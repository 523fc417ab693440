#include <array>
#include <cmath>
#include <numbers>

#include "model/data/scene_parts.h"

namespace limoe::model {
namespace {

constexpr double kRoadTop = 0.735;
constexpr double kRoadBottom = 0.955;
constexpr double kShore = 0.735;

struct SkyColors {
  Rgb zenith;
  Rgb middle;
  Rgb horizon;
};

SkyColors skyColors(Sky sky) {
  switch (sky) {
    case Sky::Clear:
      return {{62, 138, 220}, {120, 184, 240}, {206, 233, 250}};
    case Sky::Cloudy:
      return {{136, 156, 182}, {168, 184, 204}, {212, 219, 226}};
    case Sky::Sunset:
      return {{92, 70, 138}, {228, 112, 104}, {255, 206, 122}};
    case Sky::Night:
      return {{10, 14, 44}, {24, 34, 80}, {58, 74, 128}};
    case Sky::Rain:
      return {{82, 92, 106}, {112, 122, 134}, {150, 158, 166}};
  }
  return {};
}

Rgb groundColor(Ground ground) {
  switch (ground) {
    case Ground::Sand:
      return {226, 196, 138};
    case Ground::Snow:
      return {232, 240, 250};
    case Ground::Grass:
    case Ground::Road:
    case Ground::Lake:
      return {104, 164, 74};
  }
  return {};
}

void paintCloud(SceneCanvas& canvas, Point center, double width, const Rgb& color,
                CounterRandom& random) {
  constexpr int kPuffs = 5;
  const Rgb underside = blend(color, {90, 105, 135}, 0.28);
  for (const bool top : {false, true}) {
    CounterRandom puffs = random;  // the same puffs twice: underside first, then lit from above
    for (int i = 0; i < kPuffs; ++i) {
      const double along = (i - (kPuffs - 1) / 2.0) / kPuffs;
      const double radius = width * (0.24 - 0.3 * along * along) * puffs.between(0.75, 1.1);
      const Point middle(center.x + along * width, center.y - radius * 0.35);
      if (top) {
        canvas.ellipse({middle.x, middle.y - radius * 0.12}, radius * 0.93, radius * 0.7, color,
                       SceneLabel::Cloud, Lit::Itself);
      } else {
        canvas.ellipse(middle, radius, radius * 0.8, underside, SceneLabel::Cloud, Lit::Itself);
      }
    }
  }
  random.next();  // the next cloud has other puffs
}

void paintClouds(SceneCanvas& canvas, int count, double size, const Rgb& color, double lowest,
                 CounterRandom& random) {
  for (int i = 0; i < count; ++i) {
    const double x = (i + random.between(0.1, 0.9)) / count;
    paintCloud(canvas, {x, random.between(0.09, lowest)}, size * random.between(0.75, 1.2), color,
               random);
  }
}

void paintNightSky(SceneCanvas& canvas, const Scene& scene, CounterRandom& random) {
  for (int i = 0; i < 40; ++i) {
    const Point star(random.unit(), random.between(0.01, scene.horizon - 0.05));
    const double radius = random.chance(0.2) ? 0.0065 : 0.0035;
    canvas.circle(star, radius, blend({150, 165, 215}, {255, 250, 225}, random.unit()),
                  SceneLabel::Sky, Lit::Itself);
  }
  const Point moon(scene.light_x, 0.14);
  canvas.softSpot(moon, 0.2, 0.2, {190, 205, 240}, 0.45);
  canvas.circle(moon, 0.068, {250, 244, 214}, SceneLabel::Moon, Lit::Itself);
  canvas.circle({moon.x - 0.022, moon.y - 0.014}, 0.014, {228, 219, 184}, SceneLabel::Moon,
                Lit::Itself);
  canvas.circle({moon.x + 0.022, moon.y + 0.020}, 0.018, {232, 223, 190}, SceneLabel::Moon,
                Lit::Itself);
}

void paintSun(SceneCanvas& canvas, Point center, double radius, const Rgb& color, const Rgb& glow) {
  canvas.softSpot(center, radius * 4, radius * 4, glow, 0.75);
  canvas.circle(center, radius, color, SceneLabel::Sun, Lit::Itself);
}

void paintBirds(SceneCanvas& canvas, CounterRandom& random) {
  const Rgb color(58, 62, 84);
  const Point flock(random.between(0.2, 0.8), random.between(0.20, 0.32));
  for (int i = 0; i < 3; ++i) {
    const Point bird(flock.x + random.between(-0.12, 0.12), flock.y + random.between(-0.05, 0.05));
    canvas.line({bird.x - 0.022, bird.y - 0.012}, bird, 0.006, color, SceneLabel::Sky, Lit::Itself);
    canvas.line(bird, {bird.x + 0.022, bird.y - 0.012}, 0.006, color, SceneLabel::Sky, Lit::Itself);
  }
}

// A ridge from edge to edge: height above the horizon is a sum of two waves.
void paintRidge(SceneCanvas& canvas, double horizon, double height, const Rgb& color,
                CounterRandom& random) {
  constexpr int kSteps = 40;
  const double long_wave = random.between(0.7, 1.4);
  const double short_wave = random.between(2.2, 3.4);
  const double long_phase = random.unit();
  const double short_phase = random.unit();
  std::array<Point, kSteps + 3> points;
  for (std::size_t i = 0; i <= kSteps; ++i) {
    const double x = -0.01 + 1.02 * static_cast<double>(i) / kSteps;
    const double wave = 0.6 * std::sin(2 * std::numbers::pi * (long_wave * x + long_phase)) +
                        0.3 * std::sin(2 * std::numbers::pi * (short_wave * x + short_phase));
    points[i] = {x, horizon - height * (0.55 + 0.5 * wave)};
  }
  points[kSteps + 1] = {1.01, horizon + 0.02};
  points[kSteps + 2] = {-0.01, horizon + 0.02};
  canvas.polygon(points, color, SceneLabel::Hill, Lit::Itself);
}

void paintStrokes(SceneCanvas& canvas, int count, double top, double bottom, double length,
                  double lean, const Rgb& dark, const Rgb& bright, SceneLabel label,
                  CounterRandom& random) {
  for (int i = 0; i < count; ++i) {
    const double depth = random.unit();  // 0 far away, 1 in front
    const Point foot(random.unit(), top + (bottom - top) * depth);
    const double reach = length * (0.4 + 0.8 * depth);
    canvas.line(foot, {foot.x + reach * (1 - lean), foot.y - reach * lean}, 0.004 + 0.004 * depth,
                blend(dark, bright, random.unit()), label);
  }
}

void paintMeadow(SceneCanvas& canvas, double top, double bottom, const Light& light,
                 CounterRandom& random) {
  canvas.verticalGradient(top, bottom, light({140, 190, 96}), light({72, 138, 56}),
                          SceneLabel::Grass);
  canvas.grain(top, bottom, 12, SceneLabel::Grass, random);
  paintStrokes(canvas, static_cast<int>(110 * (bottom - top)), top + 0.02, bottom, 0.03, 0.9,
               {58, 122, 48}, {150, 200, 96}, SceneLabel::Grass, random);
}

void paintRoad(SceneCanvas& canvas, const Light& light, CounterRandom& random) {
  canvas.rectangle(-0.01, kRoadTop - 0.022, 1.01, kRoadTop, {196, 192, 184}, SceneLabel::Road);
  canvas.verticalGradient(kRoadTop, kRoadBottom, light({104, 106, 114}), light({78, 80, 90}),
                          SceneLabel::Road);
  canvas.grain(kRoadTop, kRoadBottom, 10, SceneLabel::Road, random);
  const double offset = random.between(0.0, 0.2);
  for (int i = 0; i < 6; ++i) {
    const double x = offset - 0.2 + 0.22 * i;
    canvas.rectangle(x, 0.838, x + 0.12, 0.856, {240, 236, 214}, SceneLabel::Road);
  }
}

void paintLake(SceneCanvas& canvas, const Scene& scene, const Light& light, CounterRandom& random) {
  const SkyColors sky = skyColors(scene.sky);
  const Rgb water = light({52, 126, 178});
  canvas.verticalGradient(scene.horizon, kShore + 0.03, blend(water, sky.horizon, 0.45),
                          blend(water, sky.zenith, 0.2), SceneLabel::Water);
  for (int i = 0; i < 34; ++i) {
    const double depth = random.unit();
    const Point left(random.between(-0.05, 1.0),
                     scene.horizon + 0.012 + (kShore - scene.horizon) * depth);
    canvas.rectangle(left.x, left.y, left.x + random.between(0.03, 0.07) * (0.6 + depth),
                     left.y + 0.005, blend(water, {255, 255, 255}, random.between(0.12, 0.5)),
                     SceneLabel::Water, Lit::Itself);
  }
  // The bank, with a curved edge.
  paintMeadow(canvas, kShore + 0.02, 1.0, light, random);
  canvas.ellipse({random.between(0.2, 0.8), kShore + 0.045}, 0.75, 0.04, {120, 174, 84},
                 SceneLabel::Grass);
}

}  // namespace

Light sceneLight(Sky sky) {
  switch (sky) {
    case Sky::Clear:
      return {};
    case Sky::Cloudy:
      return {{0.93F, 0.94F, 0.96F}, {0, 0, 0}};
    case Sky::Sunset:
      return {{0.94F, 0.86F, 0.81F}, {12, 4, 0}};
    case Sky::Night:
      return {{0.66F, 0.68F, 0.76F}, {8, 14, 36}};
    case Sky::Rain:
      return {{0.84F, 0.86F, 0.88F}, {2, 4, 8}};
  }
  return {};
}

void paintSky(SceneCanvas& canvas, const Scene& scene, CounterRandom& random) {
  const SkyColors colors = skyColors(scene.sky);
  const double middle = scene.horizon * 0.5;
  // What covers an overcast sky is cloud.
  const bool overcast = scene.sky == Sky::Cloudy || scene.sky == Sky::Rain;
  const SceneLabel label = overcast ? SceneLabel::Cloud : SceneLabel::Sky;
  canvas.verticalGradient(0, middle, colors.zenith, colors.middle, label);
  canvas.verticalGradient(middle, scene.horizon + 0.02, colors.middle, colors.horizon, label);
  switch (scene.sky) {
    case Sky::Clear:
      paintSun(canvas, {scene.light_x, 0.13}, 0.062, {255, 240, 150}, {255, 250, 210});
      paintClouds(canvas, 1 + random.below(2), 0.2, {252, 253, 255}, 0.3, random);
      paintBirds(canvas, random);
      break;
    case Sky::Cloudy:
      paintClouds(canvas, 5, 0.36, {238, 241, 245}, 0.3, random);
      break;
    case Sky::Sunset:
      paintSun(canvas, {scene.light_x, scene.horizon - 0.05}, 0.085, {255, 232, 140},
               {255, 214, 130});
      paintClouds(canvas, 2, 0.24, {226, 128, 130}, 0.24, random);
      paintBirds(canvas, random);
      break;
    case Sky::Night:
      paintNightSky(canvas, scene, random);
      break;
    case Sky::Rain:
      paintClouds(canvas, 5, 0.40, {128, 136, 148}, 0.16, random);
      break;
  }
}

void paintHills(SceneCanvas& canvas, const Scene& scene, CounterRandom& random) {
  if (!scene.hills) {
    return;
  }
  const Light light = sceneLight(scene.sky);
  const Rgb haze = skyColors(scene.sky).horizon;
  const Rgb slope = light(blend(groundColor(scene.ground), {74, 104, 118}, 0.5));
  paintRidge(canvas, scene.horizon, 0.15, blend(slope, haze, 0.55), random);
  paintRidge(canvas, scene.horizon, 0.08, blend(slope, haze, 0.2), random);
}

void paintGround(SceneCanvas& canvas, const Scene& scene, CounterRandom& random) {
  const Light light = sceneLight(scene.sky);
  switch (scene.ground) {
    case Ground::Grass:
      paintMeadow(canvas, scene.horizon, 1.0, light, random);
      break;
    case Ground::Sand:
      canvas.verticalGradient(scene.horizon, 1.0, light({242, 216, 164}), light({214, 176, 112}),
                              SceneLabel::Sand);
      canvas.grain(scene.horizon, 1.0, 12, SceneLabel::Sand, random);
      paintStrokes(canvas, 26, scene.horizon + 0.04, 1.0, 0.14, 0.04, {198, 160, 98},
                   {246, 222, 174}, SceneLabel::Sand, random);
      break;
    case Ground::Snow:
      canvas.verticalGradient(scene.horizon, 1.0, light({226, 236, 248}), light({246, 250, 255}),
                              SceneLabel::Snow);
      canvas.grain(scene.horizon, 1.0, 5, SceneLabel::Snow, random);
      for (int i = 0; i < 5; ++i) {
        canvas.softSpot({random.unit(), random.between(scene.horizon + 0.08, 0.98)}, 0.24, 0.035,
                        light({186, 206, 234}), 0.6);
      }
      break;
    case Ground::Road:
      paintMeadow(canvas, scene.horizon, 1.0, light, random);
      paintRoad(canvas, light, random);
      break;
    case Ground::Lake:
      paintLake(canvas, scene, light, random);
      break;
  }
}

void paintRain(SceneCanvas& canvas, CounterRandom& random) {
  for (int i = 0; i < 46; ++i) {
    const Point top(random.between(0.0, 1.05), random.between(-0.05, 0.95));
    const double length = random.between(0.035, 0.07);
    canvas.hairline(top, {top.x - 0.3 * length, top.y + length}, {182, 194, 208});
  }
}

}  // namespace limoe::model
