#include "gui/window/scaled_style.h"

#include <QApplication>
#include <QDockWidget>
#include <QIconEngine>
#include <QMainWindow>
#include <QPainter>
#include <QPainterPath>
#include <QPalette>
#include <QStyleFactory>
#include <QStyleOption>
#include <optional>

namespace limoe::gui {
namespace {

/// `glyph` in a square of 16 units.
void drawGlyph(QPainter& painter, Glyph glyph, const QColor& color) {
  const QPen line(color, 1.4, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin);
  painter.setPen(Qt::NoPen);
  painter.setBrush(color);
  switch (glyph) {
    case Glyph::Play:
      painter.drawPolygon(QPolygonF({{4, 2.5}, {13.5, 8}, {4, 13.5}}));
      break;
    case Glyph::Pause:
      painter.drawRect(QRectF(3.5, 3, 3.2, 10));
      painter.drawRect(QRectF(9.3, 3, 3.2, 10));
      break;
    case Glyph::Step:
      painter.drawPolygon(QPolygonF({{3, 3}, {10, 8}, {3, 13}}));
      painter.drawRect(QRectF(10.5, 3, 2.5, 10));
      break;
    case Glyph::Stop:
      painter.drawRect(QRectF(3.5, 3.5, 9, 9));
      break;
    case Glyph::Save:
      painter.setPen(line);
      painter.setBrush(Qt::NoBrush);
      painter.drawPolyline(QPolygonF({{2.5, 10}, {2.5, 13.5}, {13.5, 13.5}, {13.5, 10}}));
      painter.drawLine(QPointF(8, 2), QPointF(8, 10));
      painter.drawPolyline(QPolygonF({{4.8, 7}, {8, 10.2}, {11.2, 7}}));
      break;
    case Glyph::File:
      painter.setPen(line);
      painter.setBrush(Qt::NoBrush);
      painter.drawPolygon(
          QPolygonF({{3.5, 1.5}, {9.5, 1.5}, {12.5, 4.5}, {12.5, 14.5}, {3.5, 14.5}}));
      painter.drawPolyline(QPolygonF({{9.2, 1.7}, {9.2, 4.8}, {12.3, 4.8}}));
      break;
    case Glyph::Open:
      painter.setPen(line);
      painter.setBrush(Qt::NoBrush);
      painter.drawPolyline(
          QPolygonF({{1.5, 13}, {1.5, 3}, {6, 3}, {7.5, 5}, {12.5, 5}, {12.5, 7}}));
      painter.drawPolygon(QPolygonF({{1.5, 13}, {4, 7}, {14.8, 7}, {12.3, 13}}));
      break;
    case Glyph::Close:
      painter.setPen(line);
      painter.drawLine(QPointF(4, 4), QPointF(12, 12));
      painter.drawLine(QPointF(12, 4), QPointF(4, 12));
      break;
    case Glyph::Float:
      painter.setPen(line);
      painter.setBrush(Qt::NoBrush);
      painter.drawRect(QRectF(5.5, 2.5, 8, 8));
      painter.drawPolyline(
          QPolygonF({{5.5, 5.5}, {2.5, 5.5}, {2.5, 13.5}, {10.5, 13.5}, {10.5, 10.5}}));
      break;
    case Glyph::Find:
      painter.setPen(line);
      painter.setBrush(Qt::NoBrush);
      painter.drawEllipse(QPointF(6.7, 6.7), 4.4, 4.4);
      painter.drawLine(QPointF(10, 10), QPointF(14, 14));
      break;
    case Glyph::More:
      painter.setPen(line);
      painter.drawPolyline(QPolygonF({{3, 4}, {7, 8}, {3, 12}}));
      painter.drawPolyline(QPolygonF({{8.5, 4}, {12.5, 8}, {8.5, 12}}));
      break;
  }
}

/// Asks for the palette when it draws, so that an icon needs no telling when that changes.
class GlyphEngine : public QIconEngine {
 public:
  explicit GlyphEngine(Glyph glyph) : glyph_(glyph) {}

  void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State) override {
    const auto group = mode == QIcon::Disabled ? QPalette::Disabled : QPalette::Active;
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    const double side = std::min(rect.width(), rect.height());
    painter->translate(QRectF(rect).center() - QPointF(side / 2, side / 2));
    painter->scale(side / 16, side / 16);
    drawGlyph(*painter, glyph_, QApplication::palette().color(group, QPalette::ButtonText));
    painter->restore();
  }

  QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override {
    QPixmap pixmap(size);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    paint(&painter, QRect({0, 0}, size), mode, state);
    return pixmap;
  }

  QIconEngine* clone() const override { return new GlyphEngine(*this); }

 private:
  Glyph glyph_;
};

std::optional<Glyph> glyphFor(QStyle::StandardPixmap icon) {
  switch (icon) {
    case QStyle::SP_MediaPlay:
      return Glyph::Play;
    case QStyle::SP_MediaPause:
      return Glyph::Pause;
    case QStyle::SP_MediaSkipForward:
      return Glyph::Step;
    case QStyle::SP_MediaStop:
      return Glyph::Stop;
    case QStyle::SP_DialogSaveButton:
      return Glyph::Save;
    case QStyle::SP_FileIcon:
      return Glyph::File;
    case QStyle::SP_DialogOpenButton:
      return Glyph::Open;
    case QStyle::SP_DialogCloseButton:
    case QStyle::SP_DialogCancelButton:
    case QStyle::SP_TitleBarCloseButton:
    case QStyle::SP_LineEditClearButton:
      return Glyph::Close;
    case QStyle::SP_TitleBarNormalButton:
      return Glyph::Float;
    case QStyle::SP_ToolBarHorizontalExtensionButton:
      return Glyph::More;
    default:
      return std::nullopt;
  }
}

/// Room to the left and right of text in lists and in their headers, so that both begin in line.
constexpr double kTextMargin = 6;
constexpr double kRowPadding = 3;  ///< above and below the text of a row

bool isSmallIcon(QStyle::PixelMetric metric) {
  return metric == QStyle::PM_ButtonIconSize || metric == QStyle::PM_TabBarIconSize ||
         metric == QStyle::PM_ListViewIconSize;
}

/// Those that Qt works out from PM_SmallIconSize are not among them: they would grow twice.
bool growsWithText(QStyle::PixelMetric metric) {
  switch (metric) {
    case QStyle::PM_SmallIconSize:
    case QStyle::PM_ToolBarIconSize:
    case QStyle::PM_LargeIconSize:
    case QStyle::PM_MessageBoxIconSize:
    case QStyle::PM_IndicatorWidth:
    case QStyle::PM_IndicatorHeight:
    case QStyle::PM_ExclusiveIndicatorWidth:
    case QStyle::PM_ExclusiveIndicatorHeight:
    case QStyle::PM_CheckBoxLabelSpacing:
    case QStyle::PM_ScrollBarExtent:
    case QStyle::PM_ScrollBarSliderMin:
    case QStyle::PM_SliderThickness:
    case QStyle::PM_SliderControlThickness:
    case QStyle::PM_SliderLength:
    case QStyle::PM_MenuButtonIndicator:
    case QStyle::PM_SplitterWidth:
    case QStyle::PM_DockWidgetSeparatorExtent:
    case QStyle::PM_ToolBarExtensionExtent:
    case QStyle::PM_ToolBarHandleExtent:
    case QStyle::PM_TabBarScrollButtonWidth:
      return true;
    default:
      return false;
  }
}

/// Whether it is a dock that shares its place with others.
bool hasTab(const QWidget* widget) {
  auto* dock = const_cast<QDockWidget*>(qobject_cast<const QDockWidget*>(widget));
  const auto* window = dock ? qobject_cast<const QMainWindow*>(dock->parentWidget()) : nullptr;
  return window && !dock->isFloating() && !window->tabifiedDockWidgets(dock).isEmpty();
}

}  // namespace

QIcon glyphIcon(Glyph glyph) {
  return QIcon(new GlyphEngine(glyph));
}

ScaledStyle::ScaledStyle(double factor)
    : QProxyStyle(QStyleFactory::create("Fusion")), factor_(factor) {}

int ScaledStyle::pixelMetric(PixelMetric metric, const QStyleOption* option,
                             const QWidget* widget) const {
  if (isSmallIcon(metric)) {
    return proxy()->pixelMetric(PM_SmallIconSize, option, widget);
  }
  if (metric == PM_HeaderMargin) {
    return qRound(kTextMargin * factor_);
  }
  if (metric == PM_FocusFrameHMargin) {
    return qRound(kTextMargin * factor_) - 1;  // Qt adds a pixel
  }
  const int size = QProxyStyle::pixelMetric(metric, option, widget);
  return growsWithText(metric) ? qRound(size * factor_) : size;
}

QSize ScaledStyle::sizeFromContents(ContentsType type, const QStyleOption* option,
                                    const QSize& size, const QWidget* widget) const {
  QSize whole = QProxyStyle::sizeFromContents(type, option, size, widget);
  if (type == CT_ItemViewItem) {
    whole.rheight() += 2 * qRound(kRowPadding * factor_);
  }
  return whole;
}

void ScaledStyle::drawControl(ControlElement element, const QStyleOption* option, QPainter* painter,
                              const QWidget* widget) const {
  if (element == CE_DockWidgetTitle) {
    // Qt paints titles of docks in the font that the program began with.
    painter->setFont(QApplication::font());
    const auto* title = qstyleoption_cast<const QStyleOptionDockWidget*>(option);
    if (title != nullptr && hasTab(widget)) {
      QStyleOptionDockWidget bare = *title;
      bare.title.clear();  // it stands on the tab
      return QProxyStyle::drawControl(element, &bare, painter, widget);
    }
  }
  QProxyStyle::drawControl(element, option, painter, widget);
}

void ScaledStyle::drawPrimitive(PrimitiveElement element, const QStyleOption* option,
                                QPainter* painter, const QWidget* widget) const {
  const bool is_box = element == PE_IndicatorCheckBox || element == PE_IndicatorRadioButton;
  const auto* button = is_box ? qstyleoption_cast<const QStyleOptionButton*>(option) : nullptr;
  if (button && button->palette.color(QPalette::Window).lightness() < 128) {
    // Fusion's line is the window's colour, only darker: on a dark window none is to be seen.
    QStyleOptionButton visible = *button;
    visible.palette.setColor(QPalette::Window, QColor(190, 190, 190));
    QProxyStyle::drawPrimitive(element, &visible, painter, widget);
    return;
  }
  QProxyStyle::drawPrimitive(element, option, painter, widget);
  const bool pointed_at =
      element == PE_PanelItemViewItem && option->state.testFlag(State_MouseOver) &&
      option->state.testFlag(State_Enabled) && !option->state.testFlag(State_Selected);
  if (pointed_at) {
    QColor veil = option->palette.color(QPalette::Text);
    veil.setAlphaF(0.07F);
    painter->fillRect(option->rect, veil);
  }
}

QIcon ScaledStyle::standardIcon(StandardPixmap icon, const QStyleOption* option,
                                const QWidget* widget) const {
  const auto glyph = glyphFor(icon);
  return glyph ? glyphIcon(*glyph) : QProxyStyle::standardIcon(icon, option, widget);
}

}  // namespace limoe::gui
