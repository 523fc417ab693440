// Classes of scenes for zero-shot classification: which two kinds of object stand in the picture.
#pragma once

#include <cstdint>
#include <vector>

#include "model/data/dataset.h"
#include "model/data/scenes.h"

namespace limoe::model {

/// The ten pairs of house, tree, car, person and flowers. Every scene has two different ones, so it
/// belongs to exactly one class and each is as frequent as the others. The prompts name both in
/// either order and nothing else ("a house and a tree"); a person is a man in one and a woman in
/// the other, as captions never say "person". No caption is such a prompt: captions say colours or
/// kinds, ground and sky besides.
std::vector<ZeroShotClass> sceneClasses();

/// Index into sceneClasses().
int64_t sceneClass(const Scene& scene);

}  // namespace limoe::model
