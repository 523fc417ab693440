// The English sentence for a scene.
#pragma once

#include <string>

#include "model/data/counter_random.h"
#include "model/data/scenes.h"

namespace limoe::model {

/// Says the objects, their colours, ground and sky, the sign's word and the balloon; sometimes
/// which object is on the left, or a roof's colour. `random` chooses among ways to say the same.
std::string captionOf(const Scene& scene, CounterRandom& random);

}  // namespace limoe::model
