#include "gui/charts/curve_keys.h"

#include <QKeyEvent>
#include <QPainter>
#include <utility>

#include "gui/charts/qcustomplot_include.h"

namespace limoe::gui {
namespace {

constexpr double kCloser = 0.7;
constexpr double kPan = 0.2;

/// Around what has the keyboard; lets everything through.
class FocusFrame : public QWidget {
 public:
  explicit FocusFrame(QWidget* around) : QWidget(around) {
    setAttribute(Qt::WA_TransparentForMouseEvents);
    hide();
  }

 protected:
  void paintEvent(QPaintEvent*) override {
    QPainter painter(this);
    painter.setPen(QPen(palette().color(QPalette::Highlight), 2));
    painter.drawRect(rect().adjusted(1, 1, -1, -1));
  }
};

}  // namespace

CurveKeys::CurveKeys(QCustomPlot& plot, CurveMoves moves)
    : QObject(&plot), moves_(std::move(moves)), frame_(new FocusFrame(&plot)) {
  plot.setFocusPolicy(Qt::StrongFocus);
  plot.installEventFilter(this);
}

bool CurveKeys::take(const QKeyEvent& key, bool moves) const {
  const bool shift = key.modifiers() == Qt::ShiftModifier;
  if (!shift && (key.modifiers() & ~Qt::KeypadModifier) != Qt::NoModifier) {
    return false;
  }
  std::function<void()> move;
  switch (key.key()) {
    case Qt::Key_Plus:
    case Qt::Key_Equal:  // where + needs Shift
      move = [this] { moves_.zoom(kCloser); };
      break;
    case Qt::Key_Minus:
      move = [this] { moves_.zoom(1 / kCloser); };
      break;
    case Qt::Key_Left:
    case Qt::Key_Right:
      if (shift) {
        move = [this, &key] { moves_.pan(key.key() == Qt::Key_Right ? kPan : -kPan); };
      }
      break;
    case Qt::Key_Home:
      move = moves_.show_all;
      break;
    default:
      break;
  }
  if (move && moves) {
    move();
  }
  return move != nullptr;
}

bool CurveKeys::eventFilter(QObject* watched, QEvent* event) {
  switch (event->type()) {
    case QEvent::ShortcutOverride:
    case QEvent::KeyPress:
      if (take(*static_cast<QKeyEvent*>(event), event->type() == QEvent::KeyPress)) {
        event->accept();
        return true;
      }
      break;
    case QEvent::FocusIn:
    case QEvent::FocusOut:
      frame_->setVisible(event->type() == QEvent::FocusIn &&
                         static_cast<QFocusEvent*>(event)->reason() != Qt::MouseFocusReason);
      break;
    case QEvent::Resize:
      frame_->setGeometry(QRect({0, 0}, static_cast<QResizeEvent*>(event)->size()));
      break;
    default:
      break;
  }
  return QObject::eventFilter(watched, event);
}

}  // namespace limoe::gui
