// The row of controls above the curves: which group, logarithmic axis, smoothing.
#pragma once

#include <QStringList>
#include <QWidget>

class QComboBox;
class QLabel;
class QSlider;
class QToolButton;

namespace limoe::gui {

class CurveTools : public QWidget {
  Q_OBJECT
 public:
  explicit CurveTools(QWidget* parent = nullptr);

  /// Keeps the group that the user chose last where it is among them, else shows the first.
  void offerGroups(const QStringList& names);
  int groupIndex() const;  ///< −1 while there is none
  QString group() const;
  void setGroup(const QString& name);

  bool isLogarithmic() const;
  void setLogarithmic(bool logarithmic);

  double weight() const { return weight_; }  ///< of the moving average, 0 … 0.999
  void setWeight(double weight);             ///< clamped

 Q_SIGNALS:
  void groupChosen();
  void scaleChanged();
  void weightChanged();

 protected:
  void changeEvent(QEvent* event) override;

 private:
  void fitToFont();
  void takeWeight(double weight);

  QComboBox* groups_;
  QToolButton* logarithmic_;
  QSlider* slider_;
  QLabel* weight_label_;
  QString chosen_;  ///< stays while another run without this group is shown
  double weight_ = 0;
};

}  // namespace limoe::gui
