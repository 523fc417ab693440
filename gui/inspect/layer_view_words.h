// A list of all kinds that can be columns of the heat map, with their counts, to be ticked.
#pragma once

#include <QAbstractListModel>
#include <QFrame>
#include <QStringList>
#include <cstdint>
#include <vector>

class QComboBox;
class QLineEdit;
class QListView;

namespace limoe::gui {

struct KindCounts;

/// Those that occur and contain what is looked for; ticked ones keep their tick while they are not
/// listed.
class WordListModel : public QAbstractListModel {
  Q_OBJECT
 public:
  enum class Sort { Count, Name };

  using QAbstractListModel::QAbstractListModel;

  /// `ticked`: names as they are typed, in any case.
  void setKinds(const KindCounts& counts, const QStringList& ticked);
  void list(const QString& containing, Sort sort);
  QStringList ticked() const;  ///< most frequent first

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  bool setData(const QModelIndex& index, const QVariant& value, int role) override;
  Qt::ItemFlags flags(const QModelIndex& index) const override;

 Q_SIGNALS:
  void tickedChanged();

 private:
  struct Kind {
    QString name;
    uint64_t count = 0;
    bool ticked = false;
  };
  std::vector<Kind> kinds_;        ///< most frequent first
  std::vector<std::size_t> rows_;  ///< indices into kinds_
};

class WordList : public QFrame {
  Q_OBJECT
 public:
  explicit WordList(QWidget* parent);

  /// Below `beside`, or above it where there is no room.
  void open(const KindCounts& counts, const QStringList& ticked, const QWidget& beside);

 Q_SIGNALS:
  void changed(const QStringList& ticked);
  void entered();  ///< Enter: these, please

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void refill();

  WordListModel* model_;
  QLineEdit* containing_;
  QComboBox* sort_;
  QListView* list_;
};

/// A title as it is typed: without the marks of pieces.
QString typedName(const QString& title);

}  // namespace limoe::gui
