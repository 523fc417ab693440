// How much an expert processed at every recorded step: the numbers, and a small curve of them.
#pragma once

#include <QColor>
#include <QPointer>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "gui/inspect/expert_items.h"
#include "gui/view/decisions_stamp.h"
#include "gui/view/run_source.h"

namespace limoe::gui {

struct LoadPoint {
  int64_t snapshot = 0;
  int64_t step = 0;
  uint64_t image = 0, text = 0;     ///< kept choices
  double share = 0;                 ///< of all kept choices of the layer; 0 where there are none
  std::optional<int64_t> capacity;  ///< empty until the captions are known
  /// Against the capacity; where that is not known, `share`.
  double load() const;
};

/// Gathers the summaries of all snapshots as they come; keeps only the counts of tokens.
class ExpertHistory {
 public:
  void clear();
  /// Takes what is there, asks for more.
  void gather(RunSource& source, const RunData& run);
  /// Of the snapshots gathered so far.
  std::vector<LoadPoint> points(const RunData& run, int64_t layer, int64_t expert);
  int64_t gathered() const;                     ///< snapshots
  int64_t version() const { return version_; }  ///< another where the counts are others

 private:
  std::optional<int64_t> capacityAt(const RunData& run, int64_t layer, int64_t step);

  int64_t version_ = 0;
  DecisionsStamp stamp_;
  std::vector<std::vector<uint32_t>> tokens_;  ///< [S][L, 2, E]; empty: not there yet
  std::map<std::pair<int64_t, double>, std::optional<int64_t>> capacities_;  ///< layer, factor
  std::shared_ptr<const std::vector<int64_t>> text_tokens_;  ///< that they were made with
};

/// A curve over the recorded steps with numbers at its axes. Items are snapshots.
class LoadCurve : public ExpertItems {
  Q_OBJECT
 public:
  using ExpertItems::ExpertItems;
  void setPoints(std::vector<LoadPoint> points, int64_t shown_snapshot, const QColor& color);
  const std::vector<LoadPoint>& points() const { return points_; }
  bool isAgainstCapacity() const;  ///< for all points; else the curve is of shares
  QStringList itemTip(int item) const override;

 protected:
  Placed place(int width) const override;
  void paintBehind(QPainter& painter) override;
  void paintItem(QPainter& painter, int item, const QRect& rect, bool hovered) override;

 private:
  QRectF area(int width) const;
  QPointF at(const LoadPoint& point, const QRectF& area) const;
  double value(const LoadPoint& point) const;
  double highest() const;

  std::vector<LoadPoint> points_;
  int64_t shown_ = -1;
  QColor color_;
};

}  // namespace limoe::gui
