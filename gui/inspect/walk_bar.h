// How far what a view waits for has come, with a button to stop it and to go on.
#pragma once

#include <QPointer>
#include <QTimer>
#include <QWidget>
#include <optional>
#include <vector>

#include "gui/inspect/walk_cache.h"

class QProgressBar;
class QPushButton;

namespace limoe::gui {

class ElidedLabel;

/// Hidden while nothing is waited for, and for the first moment: what comes at once does not
/// flicker. Stays, and says so, where the walk was stopped or failed.
class WalkBar : public QWidget {
  Q_OBJECT
 public:
  static constexpr int kPatienceMs = 250;

  enum class Look {
    Words,  ///< what is being done and how far it is, above a bar
    Line,   ///< the same side by side
    Bare    ///< bar and button alone, for where the words stand already
  };
  struct Wait {
    QPointer<WalkCache> cache;
    Question question;
  };

  explicit WalkBar(QWidget* parent, Look look = Look::Words);

  /// `what` is being made, as in "Counting step 500"; it needs the answers of `waits`.
  void follow(const QString& what, std::vector<Wait> waits);
  void rest() { follow({}, {}); }
  /// The same of something that is no WalkCache's: how it stands is told here, and the button asks
  /// by the signals.
  void tell(const QString& what, const Standing& now);

 Q_SIGNALS:
  void stopAsked();
  void goOnAsked();

 public:
  /// Of all of them together: failed or stopped where any is.
  static Standing standingOf(const std::vector<Wait>& waits);
  Standing standing() const { return told_ ? *told_ : standingOf(waits_); }
  bool isWaiting() const { return standing().kind == Standing::Kind::Waiting; }
  /// Whether there is nothing to be seen of it, now and in a moment.
  bool isResting() const { return isOver(standing()); }
  static bool isOver(const Standing& standing) {
    return standing.kind == Standing::Kind::Unasked || standing.kind == Standing::Kind::Made;
  }
  /// "Counting step 500: 34 %", "Counting step 500: stopped at 34 %", or why it failed.
  QString words() const;

 protected:
  void changeEvent(QEvent* event) override;

 private:
  void build();
  void fitToFont();
  void refresh();
  void pressed();

  const Look look_;
  QString what_;
  std::vector<Wait> waits_;
  std::optional<Standing> told_;
  QTimer patience_;
  bool waited_ = false;  ///< long enough for progress to be shown
  ElidedLabel* label_ = nullptr;
  QProgressBar* bar_ = nullptr;
  QPushButton* button_ = nullptr;
};

}  // namespace limoe::gui
