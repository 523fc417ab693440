// Messages above the canvas that stay until they are dismissed and block nothing.
#pragma once

#include <QFrame>
#include <QLabel>
#include <QString>

class QPalette;
class QVBoxLayout;

namespace limoe::gui {

class MessageBar : public QWidget {
  Q_OBJECT
 public:
  enum class Kind { Information, Warning, Error };

  explicit MessageBar(QWidget* parent = nullptr);

  /// `details`: more, shown on request (the end of a worker's log). A message of the same text
  /// replaces the one before; the oldest give way to the newest.
  void post(Kind kind, const QString& text, const QString& details = {});

  /// Texts on screen, the newest first.
  QStringList texts() const;

 private:
  QVBoxLayout* rows_;
};

/// The sign of a kind, as large as the text beside it.
class MessageSign : public QLabel {
 public:
  MessageSign(MessageBar::Kind kind, QWidget* parent);

 protected:
  void changeEvent(QEvent* event) override;

 private:
  void draw();

  MessageBar::Kind kind_;
};

/// A background of the kind's colour, mixed so that it suits light and dark as they are now;
/// nothing else is set.
QPalette messagePalette(MessageBar::Kind kind);

}  // namespace limoe::gui
