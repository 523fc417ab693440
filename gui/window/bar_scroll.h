// A bar of several rows that takes no more height than it may: the rest of it is scrolled to.
#pragma once

#include <QScrollArea>

namespace limoe::gui {

class BarScroll : public QScrollArea {
  Q_OBJECT
 public:
  explicit BarScroll(QWidget* parent);

  /// With a FlowLayout in it.
  void setBar(QWidget* bar);
  /// Pixels; one row is always shown.
  void setMostHeight(int height);
  int rowHeight() const;  ///< of one row with the bar's margins

  bool hasHeightForWidth() const override { return true; }
  int heightForWidth(int width) const override;
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  int most_ = 0xffffff;
};

}  // namespace limoe::gui
