// Says whose wall is shown while it is the user's own images, and leads back to the run's.
#pragma once

#include <QFrame>

class QPushButton;

namespace limoe::gui {

class ElidedLabel;
struct OpenRun;

/// Visible while the shown recording is of the user's own images.
class OwnBar : public QFrame {
  Q_OBJECT
 public:
  explicit OwnBar(QWidget* parent = nullptr);

  void setRun(const OpenRun* run);  ///< the one on the screen; nullptr: none

 Q_SIGNALS:
  void backAsked();
  void moreAsked();

 protected:
  void changeEvent(QEvent* event) override;

 private:
  ElidedLabel* text_;
  QPushButton* back_;
};

}  // namespace limoe::gui
