// What the painted parts of the token inspector have in common: one stop of the Tab key with keys
// of its own, and a tooltip for every place.
#pragma once

#include <QKeyEvent>
#include <QString>
#include <QWidget>

namespace limoe::gui {

class TokenPart : public QWidget {
 public:
  TokenPart(const char* object_name, const QString& accessible_name, QWidget* parent);

 protected:
  virtual QString toolTipAt(const QPoint& at) const = 0;
  /// Whether press() does something with this key. Such keys are the part's while it has the focus,
  /// also where the window has a shortcut on them.
  virtual bool usesKey(int key, Qt::KeyboardModifiers modifiers) const = 0;
  virtual void pressKey(int key, Qt::KeyboardModifiers modifiers) = 0;
  /// Takes the room that its contents need; asked for when the font has changed.
  virtual void layOut() = 0;

  bool event(QEvent* event) override;
  void changeEvent(QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void focusInEvent(QFocusEvent* event) override;
  void focusOutEvent(QFocusEvent* event) override;

  /// Around what has the focus inside the part.
  void paintFocus(QPainter& painter, const QRectF& rect) const;
};

/// White inside black around `rect`: seen on every picture and every expert's colour.
void paintMark(QPainter& painter, const QRectF& rect, double thickness);

/// Diagonal lines for what was dropped, in a colour seen on `ground`.
void paintDropped(QPainter& painter, const QRectF& rect, const QColor& ground);

/// `source` (pixels of `image`) in `target`: hard pixels where it is enlarged.
void paintPixels(QPainter& painter, const QRectF& target, const QImage& image,
                 const QRectF& source);

}  // namespace limoe::gui
