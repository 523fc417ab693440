// The parts of a picture, each drawn by a function of its own; scene_painter.cpp puts them
// together.
#pragma once

#include "model/data/counter_random.h"
#include "model/data/scene_canvas.h"
#include "model/data/scenes.h"

namespace limoe::model {

/// The light in which the ground and all objects are seen.
Light sceneLight(Sky sky);

/// Paint for walls, cars, clothes and petals, in daylight.
Rgb paintColor(SceneColor color);

// Background (scene_background.cpp), from back to front.
void paintSky(SceneCanvas& canvas, const Scene& scene, CounterRandom& random);
void paintHills(SceneCanvas& canvas, const Scene& scene, CounterRandom& random);
void paintGround(SceneCanvas& canvas, const Scene& scene, CounterRandom& random);
void paintRain(SceneCanvas& canvas, CounterRandom& random);

// Objects (scene_objects.cpp, scene_plants.cpp, scene_sign.cpp), each with its shadow.
void paintHouse(SceneCanvas& canvas, const SceneItem& house, Sky sky);
void paintCar(SceneCanvas& canvas, const SceneItem& car, Sky sky);
void paintPerson(SceneCanvas& canvas, const SceneItem& person);
void paintBalloon(SceneCanvas& canvas, const SceneBalloon& balloon);
void paintTree(SceneCanvas& canvas, const SceneItem& tree);
void paintFlowers(SceneCanvas& canvas, const SceneItem& flowers, CounterRandom& random);
void paintSign(SceneCanvas& canvas, const SceneItem& sign);

}  // namespace limoe::model
