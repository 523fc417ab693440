// A line of text, or a few, that ends in "…" where it has no room; with word wrap an ordinary
// label.
#pragma once

#include <QLabel>

class QPainter;

namespace limoe::gui {

class ElidedLabel : public QLabel {
  Q_OBJECT
 public:
  using QLabel::QLabel;
  /// The text is its own tool tip, too.
  void setWholeText(const QString& text);
  /// Room for so many lines, wrapped; what has no room on the last one ends in "…". A text with
  /// line breaks is not wrapped.
  void setLines(int lines);
  QSize minimumSizeHint() const override;
  QSize sizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  void paintLines(QPainter& painter) const;

  int lines_ = 1;
};

}  // namespace limoe::gui
