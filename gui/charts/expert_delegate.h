// Draws the cells of the expert strip: swatches, bars, eye and solo buttons.
#pragma once

#include <QStyledItemDelegate>

namespace limoe::gui {

/// For an ExpertModel. Check boxes fill their whole cell: a click anywhere in it counts.
class ExpertDelegate : public QStyledItemDelegate {
  Q_OBJECT
 public:
  using QStyledItemDelegate::QStyledItemDelegate;

  // Widths in pixels, by the font of the table.
  static int buttonWidth(const QFont& font);    ///< of the columns of eye and solo
  static int numberPadding(const QFont& font);  ///< around a swatch and its text
  static int labelPadding(const QFont& font);   ///< around labels, and a pixel for fractions

  void paint(QPainter* painter, const QStyleOptionViewItem& option,
             const QModelIndex& index) const override;
  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
  /// What is being typed stays when the rows are refreshed, as they are while a run goes on.
  void setEditorData(QWidget* editor, const QModelIndex& index) const override;

 protected:
  bool editorEvent(QEvent* event, QAbstractItemModel* model, const QStyleOptionViewItem& option,
                   const QModelIndex& index) override;
};

}  // namespace limoe::gui
