// A widget of small things that can be pointed at, clicked and walked over with the keyboard: the
// common part of the expert gallery's patches, words, bars and curves.
#pragma once

#include <QString>
#include <QStringList>
#include <QWidget>
#include <vector>

#include "gui/view/number_text.h"

namespace limoe::gui {

/// Tab enters it, arrows move between the items, Enter or Space activates one. As high as its items
/// need at its width.
class ExpertItems : public QWidget {
  Q_OBJECT
 public:
  explicit ExpertItems(QWidget* parent = nullptr);

  int itemCount() const { return static_cast<int>(rects_.size()); }
  QRect itemRect(int item) const { return rects_[static_cast<std::size_t>(item)]; }
  int itemAt(const QPoint& point) const;  ///< −1 where there is none
  int currentItem() const { return current_; }
  /// What is said about an item; lines.
  virtual QStringList itemTip(int item) const = 0;
  /// While something newer is on its way.
  void setDimmed(bool dimmed);
  bool isDimmed() const { return dimmed_; }

  bool hasHeightForWidth() const override { return true; }
  int heightForWidth(int width) const override;
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

 Q_SIGNALS:
  void activated(int item);
  void currentMoved(const QRect& rect);  ///< with the keyboard: what should be in view

 protected:
  struct Placed {
    std::vector<QRect> rects;
    int height = 0;
  };
  virtual Placed place(int width) const = 0;
  /// Rows over the whole width.
  static Placed stacked(std::size_t rows, int width, int row_height);
  virtual void paintBehind(QPainter&) {}  ///< before the items
  virtual void paintItem(QPainter& painter, int item, const QRect& rect, bool hovered) = 0;
  /// The items are others, or have another size.
  void itemsChanged();

  bool event(QEvent* event) override;
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void changeEvent(QEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void leaveEvent(QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void focusInEvent(QFocusEvent* event) override;

 private:
  void setCurrent(int item);
  int neighbour(int key) const;

  std::vector<QRect> rects_;
  int current_ = -1;
  int hovered_ = -1;
  bool dimmed_ = false;
};

/// Lines as a tool tip: what they say is text, whatever characters are in it.
QString tipOf(const QStringList& lines);

/// "1,234" as the locale has it, "12 %", "×3.2" and "0.1 %" where little.
QString liftText(double lift);

}  // namespace limoe::gui
