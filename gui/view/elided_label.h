// One line of text that ends in "…" where it has no room; with word wrap an ordinary label.
#pragma once

#include <QLabel>

namespace limoe::gui {

class ElidedLabel : public QLabel {
  Q_OBJECT
 public:
  using QLabel::QLabel;
  /// The text is its own tool tip, too.
  void setWholeText(const QString& text);
  QSize minimumSizeHint() const override;
  QSize sizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;
};

}  // namespace limoe::gui
