// Where Alt+arrow leads from a token: every patch and word can be reached with the keyboard.
#pragma once

#include <cstdint>

#include "gui/canvas/canvas_scene.h"

namespace limoe::gui {

enum class Direction { Left, Right, Up, Down };

/// The token beside `from`, which has one. On the wall it leads on into the next image's; from the
/// lowest patches down into the caption. Stays where there is nothing beyond.
CanvasScene::Spot neighbour(const CanvasScene& scene, const CanvasScene::Spot& from,
                            Direction direction);

}  // namespace limoe::gui
