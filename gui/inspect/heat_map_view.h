// A heat map on the screen: pointer, keys and scrolling.
#pragma once

#include <QAbstractScrollArea>
#include <optional>

#include "gui/inspect/heat_map.h"

namespace limoe::gui {

/// Arrow keys, Home and End move a cursor over the cells; Enter and Space do what a click does.
class HeatMapView : public QAbstractScrollArea {
  Q_OBJECT
 public:
  explicit HeatMapView(QWidget* parent = nullptr);

  /// The cursor stays on its row and on the column with the same title, where there still is one.
  void setMap(HeatMap map);
  const HeatMap& map() const { return map_; }
  void setRows(std::vector<HeatLine> rows);  ///< as many; the same experts look different now
  QString description(const HeatPlace& place) const;  ///< what the pointer is told there
  /// Instead of an empty map.
  void setMessage(const QString& message);
  QString message() const { return map_.isEmpty() ? message_ : QString(); }
  /// Shown pale: it is about something else than what is being asked for.
  void setStale(bool stale);
  bool isStale() const { return stale_; }

  std::optional<HeatPlace> cursor() const { return cursor_; }
  void setCursorPlace(const HeatPlace& place);  ///< a row and a column; comes into sight
  /// Of a cell, in the viewport's pixels.
  QRectF cellRect(std::size_t row, std::size_t column) const;
  HeatLayout mapLayout() const;

  QSize sizeHint() const override { return {420, 220}; }
  QSize minimumSizeHint() const override { return {120, 60}; }

 Q_SIGNALS:
  void cursorMoved();
  /// A click on a cell or on a row's title (no column), Enter or Space. `again`: it is no move of
  /// the cursor to another cell.
  void chosen(HeatPlace place, bool again);

 protected:
  bool event(QEvent* event) override;
  bool viewportEvent(QEvent* event) override;
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void changeEvent(QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void focusInEvent(QFocusEvent* event) override;
  void focusOutEvent(QFocusEvent* event) override;

 private:
  QPointF scroll() const;
  void layBars();
  void moveCursor(int rows, int columns);

  HeatMap map_;
  PlotStyle style_;
  QString message_;
  bool stale_ = false;
  std::optional<HeatPlace> cursor_;  ///< row and column
};

}  // namespace limoe::gui
