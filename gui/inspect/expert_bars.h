// Rows of the expert gallery: what an expert takes more often than by chance, and where its tokens
// go to or come from.
#pragma once

#include <QColor>
#include <QString>
#include <cstdint>
#include <vector>

#include "gui/inspect/expert_flow.h"
#include "gui/inspect/expert_items.h"
#include "gui/inspect/layer_digest.h"

namespace limoe::gui {

/// "sky   +84   ×3.2   123 of 456", one row each, with a bar behind for count / of_all. The first
/// number is what they are in order of: the excess, count − expected by chance.
class LiftRows : public ExpertItems {
  Q_OBJECT
 public:
  using ExpertItems::ExpertItems;
  /// `unit`: what is counted, for the tool tip.
  void setLifts(std::vector<Lift> lifts, const QString& unit, const QColor& color);
  const std::vector<Lift>& lifts() const { return lifts_; }
  QStringList itemTip(int item) const override;

 protected:
  Placed place(int width) const override;
  void paintItem(QPainter& painter, int item, const QRect& rect, bool hovered) override;

 private:
  std::vector<Lift> lifts_;
  QString unit_;
  QColor color_;
};

/// One end of the flows of one expert.
struct FlowShare {
  static constexpr int64_t kDropped = -1;  ///< not an expert: dropped in the other layer
  static constexpr int64_t kOthers = -2;   ///< not an expert: all further ones together

  int64_t expert = kDropped;  ///< of the other layer
  uint64_t image = 0, text = 0;
  uint64_t total() const { return image + text; }
};

/// Where the tokens of `expert` (kept first choices in flow.layer) go to in the next layer; those
/// dropped there last. Only what is not 0, most first; where there are many, the last together.
std::vector<FlowShare> flowsTo(const ExpertFlow& flow, int64_t expert);
/// Where the tokens of `expert` (kept first choices in flow.layer + 1) come from.
std::vector<FlowShare> flowsFrom(const ExpertFlow& flow, int64_t expert);

/// "e3 · sky  ▇▇▇▇  45 % · 123", one row each; a click goes to that expert.
class FlowRows : public ExpertItems {
  Q_OBJECT
 public:
  using ExpertItems::ExpertItems;
  struct Row {
    FlowShare share;
    QString title;
    QColor color;
    double fraction = 0;
  };
  void setRows(std::vector<Row> rows);
  const std::vector<Row>& rows() const { return rows_; }
  QStringList itemTip(int item) const override;

 protected:
  Placed place(int width) const override;
  void paintItem(QPainter& painter, int item, const QRect& rect, bool hovered) override;

 private:
  std::vector<Row> rows_;
};

}  // namespace limoe::gui
