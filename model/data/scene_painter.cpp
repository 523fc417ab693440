#include "model/data/scene_painter.h"

#include <algorithm>
#include <vector>

#include "model/data/counter_random.h"
#include "model/data/scene_canvas.h"
#include "model/data/scene_parts.h"

namespace limoe::model {
namespace {

void paintItem(SceneCanvas& canvas, const SceneItem& item, Sky sky, CounterRandom& random) {
  canvas.softSpot({item.x, item.base}, item.width * 0.62, item.width * 0.16, {15, 20, 40}, 0.55);
  switch (item.kind) {
    case ItemKind::House:
      return paintHouse(canvas, item, sky);
    case ItemKind::Tree:
      return paintTree(canvas, item);
    case ItemKind::Car:
      return paintCar(canvas, item, sky);
    case ItemKind::Person:
      return paintPerson(canvas, item);
    case ItemKind::Flowers:
      return paintFlowers(canvas, item, random);
    case ItemKind::Sign:
      return paintSign(canvas, item);
  }
}

}  // namespace

SceneImage paintScene(const Scene& scene, int size) {
  CounterRandom random(scene.texture_key);
  SceneCanvas canvas(size * kSceneSupersampling, sceneLight(scene.sky));
  paintSky(canvas, scene, random);
  paintHills(canvas, scene, random);
  paintGround(canvas, scene, random);
  if (scene.balloon) {
    paintBalloon(canvas, *scene.balloon);
  }
  std::vector<SceneItem> nearest_last = scene.items;
  std::stable_sort(nearest_last.begin(), nearest_last.end(),
                   [](const SceneItem& a, const SceneItem& b) { return a.base < b.base; });
  for (const SceneItem& item : nearest_last) {
    paintItem(canvas, item, scene.sky, random);
  }
  if (scene.sky == Sky::Rain) {
    paintRain(canvas, random);
  }
  return {canvas.downsampled(size), canvas.labels()};
}

}  // namespace limoe::model
