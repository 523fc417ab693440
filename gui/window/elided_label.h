// One line of text that ends in "…" where it has no room; its tooltip is the owner's to set.
#pragma once

#include <QLabel>

namespace limoe::gui {

class ElidedLabel : public QLabel {
  Q_OBJECT
 public:
  using QLabel::QLabel;

  QSize minimumSizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;
};

}  // namespace limoe::gui
