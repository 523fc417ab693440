// Which part of the image wall is on the screen, to come back to.
#pragma once

#include <QPointF>
#include <cstdint>
#include <optional>

namespace limoe::gui {

struct WallPlace {
  std::optional<int64_t> columns;  ///< chosen by the user
  std::optional<double> zoom;      ///< logical pixels per image pixel; nullopt: the wall is fitted
  QPointF middle;                  ///< of the view, in wall units; without a zoom no meaning
  bool operator==(const WallPlace&) const = default;
};

}  // namespace limoe::gui
